-- Whether a login is in the role that takes tokens of IAM in place of passwords.
select exists (select
                 from pg_auth_members
                where roleid = to_regrole('rds_iam')
                  and member = to_regrole(quote_ident($1))) as found;
