//! What other sessions see of the warehouse's schema while runs publish into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use starlift_testkit::Database;
use tokio::task::JoinHandle;

use crate::support::{Outcome, texts};

/// Tables, columns, constraints and indexes, a line each.
pub(crate) const CATALOG: &str = "
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

/// A session that looks at the keys and indexes again and again.
pub(crate) struct Watch {
    stop: Arc<AtomicBool>,
    watching: JoinHandle<Result<u32, String>>,
}

impl Watch {
    /// Begins to look; what is there now is what always has to be there.
    pub(crate) async fn start(warehouse: &Database) -> Result<Self, Box<dyn std::error::Error>> {
        let client = warehouse.connect().await?;
        let expected = texts(&client, KEYS).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let watching = tokio::spawn(async move {
            let mut looks = 0_u32;
            while !stopped.load(Ordering::Relaxed) {
                let seen = texts(&client, KEYS).await.map_err(|error| error.to_string())?;
                if seen != expected {
                    return Err(format!("{seen:?} instead of {expected:?}"));
                }
                looks += 1;
            }
            Ok(looks)
        });
        Ok(Self { stop, watching })
    }

    /// Ends it. Fails when a key or an index was missing at any look.
    pub(crate) async fn end(self) -> Outcome {
        self.stop.store(true, Ordering::Relaxed);
        let looks = self.watching.await??;
        assert!(looks > 10, "the watcher looked {looks} times");
        Ok(())
    }
}
