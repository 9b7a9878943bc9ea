-- The source's clock, and since when the oldest of the transactions that are open has been open, as far as the role sees them.
-- Not for use inside a transaction, where the first look at the activity is given again and again.
select pg_is_in_recovery() as in_recovery,
       pg_has_role('pg_read_all_stats', 'usage') as sees_all,
       -- Of a session with track_activities off nothing is known, nor since when a transaction is open that began before it was turned on. One
       -- between two transactions, such as those of one message, looks the same for a moment.
       coalesce(
         bool_or(
           activity.state = 'disabled'
             or activity.backend_type = 'client backend' and activity.xact_start is null and activity.state not in ('idle', 'starting')
         ),
         false
       ) as is_hidden,
       -- The statement's start: whoever is not among the open ones yet begins after it. A standby is as late as what it has replayed.
       to_char(
         case when pg_is_in_recovery() then pg_last_xact_replay_timestamp() else statement_timestamp() end at time zone 'UTC',
         'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
       ) as clock,
       to_char(min(activity.xact_start) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as oldest
  from pg_catalog.pg_stat_activity as activity;
