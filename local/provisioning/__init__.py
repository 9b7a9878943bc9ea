"""Makes the resources of a local stack, and on a second call changes only what differs.

    document      what is asked for
    session       the clients, for 127.0.0.1 and nothing else, and the report on stderr
    storage       buckets, secrets and log groups
    placeholders  Terraform's ${name} in other texts
    policies      who may do what, by the templates that are deployed on AWS
    roles         the roles that carry these policies
    functions     the three functions
    workflow      the state machine and its schedule

`local/provision.py` calls them in the order in which one thing needs another.
"""
