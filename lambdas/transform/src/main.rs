//! The Lambda of the step Transform.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    starlift_host::serve("transform", starlift_transform::transform).await
}
