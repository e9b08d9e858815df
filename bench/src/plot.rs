//! The times of all signers as multiples of the floor.

use plotters::prelude::*;

use crate::compare::Race;

const OTHERS: [RGBColor; 5] = [
    RGBColor(120, 120, 120),
    RGBColor(190, 140, 60),
    RGBColor(150, 90, 160),
    RGBColor(80, 130, 180),
    RGBColor(190, 190, 190),
];
const OURS: RGBColor = RGBColor(20, 140, 90);

/// Draws bars for every workload into an SVG file: the median over the floor. The megabyte, where all are alike, is left
/// out.
pub fn draw(path: &str, races: &[Race]) -> Result<(), Box<dyn std::error::Error>> {
    let races: Vec<&Race> = races.iter().filter(|race| race.workload.body < 1 << 20).collect();
    let mut names: Vec<&str> = Vec::new();
    for entrant in races.iter().flat_map(|race| &race.entrants) {
        if !names.contains(&entrant.name) {
            names.push(entrant.name);
        }
    }
    let multiple = |race: &Race, name: &str| {
        let entrant = race.entrants.iter().find(|entrant| entrant.name == name);
        entrant.map(|entrant| entrant.time.median() / race.floor.nanos())
    };
    let most = races.iter().flat_map(|race| names.iter().filter_map(|name| multiple(race, name)));
    let most = most.fold(1.0, f64::max) * 1.08;

    let area = SVGBackend::new(path, (860, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let width = names.len() as f64 + 1.0;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .caption("One signature, as a multiple of the SHA-256 in it (less is better)", ("sans-serif", 17))
        .x_label_area_size(30)
        .y_label_area_size(46)
        .build_cartesian_2d(0.0..races.len() as f64 * width, 0.0..most)?;
    let label = |at: &f64| {
        let race = races.get((at / width) as usize);
        race.map(|race| race.workload.name.to_owned()).unwrap_or_default()
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(races.len() + 1)
        .x_label_formatter(&|_| String::new())
        .y_desc("× floor")
        .draw()?;
    for (at, race) in races.iter().enumerate() {
        let middle = (at as f64 + 0.5) * width - 0.5;
        chart.draw_series([Text::new(
            label(&(at as f64 * width)),
            (middle, -most * 0.03),
            ("sans-serif", 15),
        )])?;
        for (bar, name) in names.iter().enumerate() {
            let Some(multiple) = multiple(race, name) else { continue };
            let start = at as f64 * width + bar as f64;
            let end = start + 0.9;
            let colour = if bar == 0 { OURS } else { OTHERS[(bar - 1) % OTHERS.len()] };
            chart.draw_series([Rectangle::new([(start, 0.0), (end, multiple)], colour.filled())])?;
            let text = format!("{multiple:.1}");
            chart.draw_series([Text::new(text, (start, multiple + most * 0.03), ("sans-serif", 10))])?;
        }
    }
    for (bar, name) in names.iter().enumerate() {
        let colour = if bar == 0 { OURS } else { OTHERS[(bar - 1) % OTHERS.len()] };
        let y = 44 + 16 * bar as i32;
        area.draw(&Rectangle::new([(70, y), (82, y + 11)], colour.filled()))?;
        area.draw(&Text::new((*name).to_owned(), (88, y), ("sans-serif", 13)))?;
    }
    area.present()?;
    Ok(())
}
