//! The Lambda of the step Ingest.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    starlift_host::serve("ingest", starlift_ingest::ingest).await
}
