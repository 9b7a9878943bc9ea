//! A whole table, stored only when its content changed.

use std::pin::pin;

use futures_util::StreamExt;
use starlift_failure::Failure;
use starlift_host::fail_point;
use starlift_lake::{LakeError, ManifestTable, ReadState, StoredObject, Upload, Zone};
use starlift_postgres::{Session, copy_out};

use crate::freshness::is_due_again;
use crate::plan::TablePlan;
use crate::read::Reading;
use crate::statement;

impl Reading<'_> {
    /// Reads a table whole. An object that already has this content stays the table's object.
    pub(super) async fn read_full(&self, session: &Session, plan: &TablePlan<'_>) -> Result<ManifestTable, Failure> {
        let mut upload = self.place(plan.name).create(1);
        let doing = format!("reading table {}", plan.name);
        let rows = self.copy_into(&mut upload, session, plan, (&statement::whole(plan), &doing)).await?;
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
        let object = upload.finish(rows).await?;
        fail_point!("ingest.table_written");
        let state = plan.state(ReadState::Full { object: object.clone() }, None);
        Ok(ManifestTable { state, objects: vec![object], keys: None, totals: None, retried: None, reset: None })
    }

    /// Copies what a statement gives into one object; gives the number of rows.
    pub(super) async fn copy_into(
        &self,
        upload: &mut Upload,
        session: &Session,
        plan: &TablePlan<'_>,
        (statement, doing): (&str, &str),
    ) -> Result<u64, Failure> {
        let copied = copy_out(&session.client, statement, doing).await;
        let mut copied = pin!(copied.map_err(|error| self.refused(plan, error))?);
        let mut lines = 0_u64;
        while let Some(line) = copied.next().await {
            upload.write(&line.map_err(|error| self.refused(plan, error))?).await?;
            lines += 1;
        }
        // The header is a line, but no row.
        Ok(lines.saturating_sub(1))
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
