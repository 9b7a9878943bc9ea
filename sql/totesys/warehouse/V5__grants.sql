-- What the loader and the reader may do. The loader inserts and never deletes; of dimensions it also updates rows,
-- of facts it does not: a version stays as it was published. The reader's right to refer to tables lets BI tools see the
-- keys between them: a catalog hides constraints from a role that can only select.
set role starlift_migrator;

grant select, insert, update on
    dim_counterparty,
    dim_currency,
    dim_date,
    dim_design,
    dim_location,
    dim_payment_type,
    dim_staff,
    dim_transaction
to starlift_loader;

grant select, insert on
    fact_payment,
    fact_purchase_order,
    fact_sales_order,
    etl.closed_fact_payment,
    etl.closed_fact_purchase_order,
    etl.closed_fact_sales_order
to starlift_loader;

grant usage on sequence
    fact_payment_payment_record_id_seq,
    fact_purchase_order_purchase_record_id_seq,
    fact_sales_order_sales_record_id_seq
to starlift_loader;

grant select on
    current_payment,
    current_purchase_order,
    current_sales_order,
    history_payment,
    history_purchase_order,
    history_sales_order
to starlift_loader;

grant select, references on
    dim_counterparty,
    dim_currency,
    dim_date,
    dim_design,
    dim_location,
    dim_payment_type,
    dim_staff,
    dim_transaction,
    fact_payment,
    fact_purchase_order,
    fact_sales_order,
    current_payment,
    current_purchase_order,
    current_sales_order,
    history_payment,
    history_purchase_order,
    history_sales_order
to starlift_reader;

reset role;
