//! The system's allocator, which looks into each block before it gives it back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

struct Looking;

#[global_allocator]
static ALLOCATOR: Looking = Looking;

/// What is looked for, and what to call it. Never given back.
static NEEDLES: Mutex<Vec<(&'static str, &'static [u8])>> = Mutex::new(Vec::new());
/// The needles, once they are complete.
static SETTLED: std::sync::OnceLock<&'static [(&'static str, &'static [u8])]> = std::sync::OnceLock::new();
/// Whether a needle starts with a byte.
static FIRST: [AtomicBool; 256] = [const { AtomicBool::new(false) }; 256];
static FOUND: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ON: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Telling of a find gives memory back, too.
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Looks for `bytes` from [`settle`] on.
pub fn look_for(name: &'static str, bytes: &[u8]) {
    FIRST[usize::from(bytes[0])].store(true, Ordering::Relaxed);
    NEEDLES.lock().unwrap_or_else(PoisonError::into_inner).push((name, bytes.to_vec().leak()));
}

/// Starts to look.
pub fn settle() {
    SETTLED.set(std::mem::take(&mut *NEEDLES.lock().unwrap()).leak()).unwrap();
    ON.store(true, Ordering::SeqCst);
}

/// What was found since the last call, with where it was given back.
pub fn found() -> Vec<String> {
    std::mem::take(&mut *FOUND.lock().unwrap())
}

fn look(block: &[u8]) {
    let Some(needles) = SETTLED.get() else { return };
    for (at, &first) in block.iter().enumerate() {
        if !FIRST[usize::from(first)].load(Ordering::Relaxed) {
            continue;
        }
        let rest = &block[at..];
        if let Some((name, _)) = needles.iter().find(|(_, needle)| rest.starts_with(needle)) {
            tell(name, at, block.len());
        }
    }
}

fn tell(name: &str, at: usize, length: usize) {
    // A thread that is ending tells nothing any more.
    let _ = TELLING.try_with(|telling| {
        if !telling.replace(true) {
            // Read without being looked at itself.
            ON.store(false, Ordering::Relaxed);
            let frames = Backtrace::force_capture().to_string();
            let ours: Vec<&str> = frames.lines().filter(|frame| frame.contains("sigv4")).collect();
            let text = format!("{name} at {at} of {length} bytes, given back in\n{}", ours.join("\n"));
            FOUND.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            ON.store(true, Ordering::Relaxed);
            telling.set(false);
        }
    });
}

// SAFETY: every call goes to the system's allocator as it came. Growing is left to the default, which allocates, copies and
// gives back: so no block moves unseen.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that all of a block can be looked at, and holds nothing of the one that was there before.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if ON.load(Ordering::Relaxed) {
            // SAFETY: the block is allocated, all of it was initialized at its start, and nobody else has it any more.
            look(unsafe { std::slice::from_raw_parts(memory, layout.size()) });
        }
        unsafe { System.dealloc(memory, layout) }
    }
}
