//! Rows of the small pipeline, and their Parquet as transform writes it.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int32Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;

const DAY: i64 = 86_400_000_000;

/// A row of `dim_product`.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) id: i32,
    pub(crate) name: String,
    /// In hundredths.
    pub(crate) price: Option<i128>,
    pub(crate) code: Option<&'static str>,
    pub(crate) attributes: Option<&'static str>,
}

/// A product with a name and nothing else.
pub(crate) fn product(id: i32, name: &str) -> Product {
    Product { id, name: name.to_owned(), price: None, code: None, attributes: None }
}

/// A row of `fact_sale`.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub(crate) id: i32,
    pub(crate) product: i32,
    /// Days since 1970-01-01.
    pub(crate) day: i32,
    pub(crate) units: i32,
    /// In units of 10^-9.
    pub(crate) amount: i128,
    pub(crate) note: Option<String>,
    pub(crate) paid: bool,
}

/// A sale of a product on 2024-08-19.
pub(crate) fn sale(id: i32, product: i32, units: i32) -> Sale {
    Sale { id, product, day: 19_954, units, amount: 3_450_000_000, note: None, paid: false }
}

/// Rows of one model.
#[derive(Clone, Debug)]
pub(crate) enum Rows {
    Products(Vec<Product>),
    Sales(Vec<Sale>),
}

impl Rows {
    pub(crate) fn model(&self) -> &'static str {
        match self {
            Self::Products(_) => "dim_product",
            Self::Sales(_) => "fact_sale",
        }
    }

    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Products(products) => products.len(),
            Self::Sales(sales) => sales.len(),
        }
    }

    pub(crate) fn parquet(&self) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let batch = match self {
            Self::Products(products) => RecordBatch::try_from_iter_with_nullable(product_columns(products)?),
            Self::Sales(sales) => RecordBatch::try_from_iter_with_nullable(sale_columns(sales)?),
        }?;
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
        writer.write(&batch)?;
        Ok(writer.into_inner()?)
    }
}

type Columns = Vec<(&'static str, ArrayRef, bool)>;

fn product_columns(products: &[Product]) -> Result<Columns, Box<dyn std::error::Error>> {
    let prices: Decimal128Array = products.iter().map(|product| product.price).collect();
    let text =
        |value: fn(&Product) -> Option<&str>| Arc::new(products.iter().map(value).collect::<StringArray>()) as ArrayRef;
    Ok(vec![
        (
            "product_id",
            Arc::new(products.iter().map(|product| Some(product.id)).collect::<Int32Array>()) as ArrayRef,
            true,
        ),
        ("name", text(|product| Some(&product.name)), true),
        ("price", Arc::new(prices.with_precision_and_scale(10, 2)?) as ArrayRef, true),
        ("code", text(|product| product.code), true),
        ("attributes", text(|product| product.attributes), true),
    ])
}

fn sale_columns(sales: &[Sale]) -> Result<Columns, Box<dyn std::error::Error>> {
    let amounts: Decimal128Array = sales.iter().map(|sale| Some(sale.amount)).collect();
    let number = |value: fn(&Sale) -> i32| {
        Arc::new(sales.iter().map(|sale| Some(value(sale))).collect::<Int32Array>()) as ArrayRef
    };
    let noon = |sale: &Sale| Some(i64::from(sale.day) * DAY + DAY / 2);
    Ok(vec![
        ("sale_id", number(|sale| sale.id), true),
        ("product_id", number(|sale| sale.product), true),
        ("sold_on", Arc::new(sales.iter().map(|sale| Some(sale.day)).collect::<Date32Array>()) as ArrayRef, true),
        ("sold_at", Arc::new(sales.iter().map(noon).collect::<TimestampMicrosecondArray>()) as ArrayRef, true),
        ("units", number(|sale| sale.units), true),
        ("amount", Arc::new(amounts.with_precision_and_scale(38, 9)?) as ArrayRef, true),
        ("note", Arc::new(sales.iter().map(|sale| sale.note.as_deref()).collect::<StringArray>()) as ArrayRef, true),
        ("paid", Arc::new(sales.iter().map(|sale| Some(sale.paid)).collect::<BooleanArray>()) as ArrayRef, true),
    ])
}
