-- Current state and history of the facts. A version that is published is never altered: that it has ended is noted
-- beside it, in etl.closed_<fact>. A version came with the last publication whose first record id is not above its own,
-- found by one step into an index, so history stays fast however many runs there have been.
set role starlift_migrator;

create table etl.closed_fact_sales_order (
    record_id int primary key,
    run text not null,
    closed_at timestamptz not null,
    reason text not null check (reason in ('updated', 'deleted'))
);

create table etl.closed_fact_purchase_order (
    record_id int primary key,
    run text not null,
    closed_at timestamptz not null,
    reason text not null check (reason in ('updated', 'deleted'))
);

create table etl.closed_fact_payment (
    record_id int primary key,
    run text not null,
    closed_at timestamptz not null,
    reason text not null check (reason in ('updated', 'deleted'))
);

create view current_sales_order as
select fact.*
from fact_sales_order as fact
where not exists (select from etl.closed_fact_sales_order as closed where closed.record_id = fact.sales_record_id);

create view current_purchase_order as
select fact.*
from fact_purchase_order as fact
where not exists (select from etl.closed_fact_purchase_order as closed where closed.record_id = fact.purchase_record_id);

create view current_payment as
select fact.*
from fact_payment as fact
where not exists (select from etl.closed_fact_payment as closed where closed.record_id = fact.payment_record_id);

create view history_sales_order as
select
    fact.*,
    published.published_at as valid_from,
    closed.closed_at as valid_to,
    closed.record_id is null as is_current,
    coalesce(closed.reason = 'deleted', false) as is_deleted
from fact_sales_order as fact
left join etl.closed_fact_sales_order as closed on closed.record_id = fact.sales_record_id
left join lateral (
    select run.published_at
    from etl.run_table
    join etl.run on run.run = run_table.run
    where run_table.table_name = 'fact_sales_order' and run_table.first_record_id <= fact.sales_record_id
    order by run_table.first_record_id desc
    limit 1
) as published on true;

create view history_purchase_order as
select
    fact.*,
    published.published_at as valid_from,
    closed.closed_at as valid_to,
    closed.record_id is null as is_current,
    coalesce(closed.reason = 'deleted', false) as is_deleted
from fact_purchase_order as fact
left join etl.closed_fact_purchase_order as closed on closed.record_id = fact.purchase_record_id
left join lateral (
    select run.published_at
    from etl.run_table
    join etl.run on run.run = run_table.run
    where run_table.table_name = 'fact_purchase_order' and run_table.first_record_id <= fact.purchase_record_id
    order by run_table.first_record_id desc
    limit 1
) as published on true;

create view history_payment as
select
    fact.*,
    published.published_at as valid_from,
    closed.closed_at as valid_to,
    closed.record_id is null as is_current,
    coalesce(closed.reason = 'deleted', false) as is_deleted
from fact_payment as fact
left join etl.closed_fact_payment as closed on closed.record_id = fact.payment_record_id
left join lateral (
    select run.published_at
    from etl.run_table
    join etl.run on run.run = run_table.run
    where run_table.table_name = 'fact_payment' and run_table.first_record_id <= fact.payment_record_id
    order by run_table.first_record_id desc
    limit 1
) as published on true;

comment on table etl.closed_fact_sales_order is 'One row for each version in fact_sales_order that has ended';
comment on column etl.closed_fact_sales_order.record_id is 'The version: fact_sales_order.sales_record_id';
comment on column etl.closed_fact_sales_order.run is 'Run whose publication ended it';
comment on column etl.closed_fact_sales_order.closed_at is 'When it ended';
comment on column etl.closed_fact_sales_order.reason is 'updated: another version follows; deleted: the row vanished from the source';
comment on view current_sales_order is 'One row for each sales order that the source holds: its open version';
comment on view history_sales_order is 'One row for each version of each sales order, with the time it was shown';
comment on column history_sales_order.valid_from is 'When the version was published';
comment on column history_sales_order.valid_to is 'When the version ended; null while it is current';
comment on column history_sales_order.is_current is 'Whether this is the version that current_sales_order shows';
comment on column history_sales_order.is_deleted is 'Whether the version ended because the row vanished from the source';

comment on table etl.closed_fact_purchase_order is 'One row for each version in fact_purchase_order that has ended';
comment on column etl.closed_fact_purchase_order.record_id is 'The version: fact_purchase_order.purchase_record_id';
comment on column etl.closed_fact_purchase_order.run is 'Run whose publication ended it';
comment on column etl.closed_fact_purchase_order.closed_at is 'When it ended';
comment on column etl.closed_fact_purchase_order.reason is 'updated: another version follows; deleted: the row vanished from the source';
comment on view current_purchase_order is 'One row for each purchase order that the source holds: its open version';
comment on view history_purchase_order is 'One row for each version of each purchase order, with the time it was shown';
comment on column history_purchase_order.valid_from is 'When the version was published';
comment on column history_purchase_order.valid_to is 'When the version ended; null while it is current';
comment on column history_purchase_order.is_current is 'Whether this is the version that current_purchase_order shows';
comment on column history_purchase_order.is_deleted is 'Whether the version ended because the row vanished from the source';

comment on table etl.closed_fact_payment is 'One row for each version in fact_payment that has ended';
comment on column etl.closed_fact_payment.record_id is 'The version: fact_payment.payment_record_id';
comment on column etl.closed_fact_payment.run is 'Run whose publication ended it';
comment on column etl.closed_fact_payment.closed_at is 'When it ended';
comment on column etl.closed_fact_payment.reason is 'updated: another version follows; deleted: the row vanished from the source';
comment on view current_payment is 'One row for each payment that the source holds: its open version';
comment on view history_payment is 'One row for each version of each payment, with the time it was shown';
comment on column history_payment.valid_from is 'When the version was published';
comment on column history_payment.valid_to is 'When the version ended; null while it is current';
comment on column history_payment.is_current is 'Whether this is the version that current_payment shows';
comment on column history_payment.is_deleted is 'Whether the version ended because the row vanished from the source';

-- A view's other columns mean what the fact's columns mean.
do $$
declare
    described record;
begin
    for described in
        select viewed.relname as view_name, fact_column.attname as column_name, fact_comment.description as meaning
        from pg_class as fact
        join pg_class as viewed
            on viewed.relnamespace = fact.relnamespace
            and viewed.relname in (replace(fact.relname, 'fact_', 'current_'), replace(fact.relname, 'fact_', 'history_'))
        join pg_attribute as fact_column on fact_column.attrelid = fact.oid
        join pg_description as fact_comment
            on fact_comment.classoid = 'pg_class'::regclass
            and fact_comment.objoid = fact.oid
            and fact_comment.objsubid = fact_column.attnum
        where fact.relname in ('fact_sales_order', 'fact_purchase_order', 'fact_payment')
            and fact.relnamespace = 'public'::regnamespace
            and fact_column.attnum > 0
    loop
        execute format(
            'comment on column %I.%I is %L',
            described.view_name, described.column_name, described.meaning
        );
    end loop;
end
$$;

reset role;
