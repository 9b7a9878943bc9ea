//! The keys of a table, in the snapshot that its rows are read in: what is not among them is gone.
//!
//! A key list is stored only when it differs from the one before. When the run before has read an equal one, nothing is gone and load has
//! nothing to do; an older one says nothing of rows that came and went since (`a_row_that_came_and_went_between_two_looks_is_gone`).

use starlift_failure::Failure;
use starlift_host::fail_point;
use starlift_lake::{KeyList, StoredObject};
use starlift_postgres::Session;

use crate::plan::TablePlan;
use crate::read::Reading;
use crate::statement;

impl Reading<'_> {
    /// Reads the keys of a table, if they are due; gives those that are known now, and the object of those that load has to look at.
    pub(super) async fn read_keys(
        &self,
        session: &Session,
        plan: &TablePlan<'_>,
    ) -> Result<(Option<KeyList>, Option<StoredObject>), Failure> {
        let known = plan.keys();
        let is_due = |every: u32| known.as_ref().is_none_or(|keys| keys.age >= every);
        if !plan.keys_every.is_some_and(is_due) {
            return Ok((known, None));
        }
        let mut upload = self.place(plan.name).create_keys();
        let doing = format!("reading the keys of table {}", plan.name);
        let rows = self.copy_into(&mut upload, session, plan, (&statement::keys(plan), &doing)).await?;
        if let Some(keys) = &known
            && self.holds(&keys.object, &upload.sha256()).await?
        {
            upload.abort().await?;
            let is_of_last_run = keys.age == 1;
            let object = keys.object.clone();
            return Ok((Some(KeyList { object: object.clone(), age: 0 }), (!is_of_last_run).then_some(object)));
        }
        let object = upload.finish(rows).await?;
        fail_point!("ingest.keys_written");
        Ok((Some(KeyList { object: object.clone(), age: 0 }), Some(object)))
    }
}
