//! The Lambda of the state machine's `Begin`, `Load` and `Export`, and of `migrate`.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    starlift_host::serve("load", starlift_load::load).await
}
