//! What signing costs, beside other signers. Prints Markdown.

use sigv4_bench::allocations::{Counting, counted};
use sigv4_core::{Credentials, Payload, Signer};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let signer = Signer::new("execute-api", "us-east-2", Credentials::new("AKIDEXAMPLE", "secret")?);
    for _ in 0..2 {
        let mut request = http::Request::get("https://example.com/").body(())?;
        let (signed, allocated) = counted(|| signer.sign(&mut request, Payload::EMPTY));
        signed?;
        println!("{allocated:?}");
    }
    Ok(())
}
