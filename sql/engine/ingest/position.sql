-- Which server this is and how far it has got. Inside the transaction of a run it also says what the snapshot holds.
select control.system_identifier::text as system_identifier,
       (select d.oid from pg_catalog.pg_database as d where d.datname = current_database()) as database,
       -- The checkpoint's timeline comes late after a promotion, a rewind or a new base backup; then the other one is ahead of it.
       (
         select greatest(checkpoint.timeline_id, recovery.min_recovery_end_timeline)
           from pg_control_recovery() as recovery, pg_control_checkpoint() as checkpoint
       )::bigint as timeline,
       pg_is_in_recovery() as in_recovery,
       pg_postmaster_start_time()::text as started_at,
       pg_wal_lsn_diff(
         case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
         '0/0'
       )::bigint as wal_position,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next_transaction,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon,
       to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as taken_at
  from pg_control_system() as control;
