//! A whole table, stored only when its content changed.

use std::pin::pin;

use futures_util::StreamExt;
use starlift_failure::Failure;
use starlift_host::fail_point;
use starlift_lake::{LakeError, ManifestTable, ReadState, StoredObject, Zone};
use starlift_postgres::{Session, copy_out};

use crate::freshness::is_due_again;
use crate::plan::TablePlan;
use crate::read::Reading;
use crate::statement;

impl Reading<'_> {
    /// Reads a table whole. An object that already has this content stays the table's object.
    pub(super) async fn read_full(&self, session: &Session, plan: &TablePlan<'_>) -> Result<ManifestTable, Failure> {
        let doing = format!("reading table {}", plan.name);
        let rows = copy_out(&session.client, &statement::whole(plan), &doing).await;
        let mut rows = pin!(rows.map_err(|error| self.refused(plan, error))?);
        let mut upload = self.place(plan.name).create(1);
        let mut lines = 0_u64;
        while let Some(line) = rows.next().await {
            upload.write(&line.map_err(|error| self.refused(plan, error))?).await?;
            lines += 1;
        }
        if let Some(object) = self.unchanged_object(plan, &upload.sha256()).await? {
            upload.abort().await?;
            let state = plan.state(ReadState::Full { object: object.clone() }, None);
            return Ok(ManifestTable {
                state,
                objects: Vec::new(),
                keys: None,
                totals: None,
                retried: None,
                reset: None,
            });
        }
        // The header is a line, but no row.
        let object = upload.finish(lines.saturating_sub(1)).await?;
        fail_point!("ingest.table_written");
        let state = plan.state(ReadState::Full { object: object.clone() }, None);
        Ok(ManifestTable { state, objects: vec![object], keys: None, totals: None, retried: None, reset: None })
    }

    /// The object of the base run, if it holds the same columns and bytes, is still there and will not expire soon.
    async fn unchanged_object<'b>(
        &self,
        plan: &TablePlan<'b>,
        sha256: &str,
    ) -> Result<Option<&'b StoredObject>, LakeError> {
        let Some(ReadState::Full { object }) =
            plan.base.filter(|base| !plan.rewrite && base.columns == plan.columns).map(|base| &base.read)
        else {
            return Ok(None);
        };
        Ok(self.holds(object, sha256).await?.then_some(object))
    }

    /// Whether an object of an earlier run has this content, is still there and will not expire soon.
    pub(super) async fn holds(&self, object: &StoredObject, sha256: &str) -> Result<bool, LakeError> {
        let expiry = self.context.definition.pipeline.settings.raw_expiry_days;
        if object.sha256 != sha256 || is_due_again(&object.key, self.run, expiry) {
            return Ok(false);
        }
        self.context.lake.exists(Zone::Ingest, &object.key).await
    }
}
