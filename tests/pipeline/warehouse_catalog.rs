//! Statement 2: runs leave the warehouse's schema as it is, and no other session ever sees it otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use starlift_testkit::Stack;

use crate::support::{ONE_SALE, Outcome, generated, texts};

/// Tables, columns, constraints and indexes, a line each.
const CATALOG: &str = "
    select line from (
        select format('column %s.%s %s %s %s', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
                      a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) as line
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
        union all
        select format('constraint %s %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
        from pg_constraint where connamespace = 'public'::regnamespace
        union all
        select format('index %s', pg_get_indexdef(indexrelid)) from pg_index
        join pg_class i on i.oid = indexrelid where i.relnamespace = 'public'::regnamespace
    ) as lines order by line";

/// How many keys and indexes a session sees, valid or not.
const KEYS: &str = "
    select (count(*) || ' keys ' || (select count(*) from pg_index i join pg_class c on c.oid = i.indrelid
                                     where c.relnamespace = 'public'::regnamespace) || ' indexes')::text
    from pg_constraint where connamespace = 'public'::regnamespace";

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_the_same_before_and_after_runs_and_no_session_misses_a_key() -> Outcome {
    let stack = Stack::over(generated(2_000).await?).await?;
    let client = stack.warehouse.connect().await?;
    let before = texts(&client, CATALOG).await?;
    assert!(before.iter().filter(|line| line.contains("FOREIGN KEY")).count() == 24);
    let keys = texts(&client, KEYS).await?;

    let watcher = stack.warehouse.connect().await?;
    let stop = Arc::new(AtomicBool::new(false));
    let (watching, expected) = (Arc::clone(&stop), keys.clone());
    let watch = tokio::spawn(async move {
        let mut looks = 0_u32;
        while !watching.load(Ordering::Relaxed) {
            let seen = texts(&watcher, KEYS).await.map_err(|error| error.to_string())?;
            if seen != expected {
                return Err(format!("{seen:?} instead of {expected:?}"));
            }
            looks += 1;
        }
        Ok(looks)
    });
    stack.run().await?.succeeded()?;
    assert_eq!(texts(&client, CATALOG).await?, before, "after the first load");
    stack.source.connect().await?.batch_execute(ONE_SALE).await?;
    stack.run().await?.succeeded()?;
    stop.store(true, Ordering::Relaxed);
    let looks = watch.await??;
    assert!(looks > 10, "the watcher looked {looks} times");
    assert_eq!(texts(&client, CATALOG).await?, before, "after the second run");
    stack.agree().await?;
    Ok(())
}
