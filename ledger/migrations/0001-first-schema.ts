/** The first schema. Migrations are never changed once released: add the next number instead. */
export const firstSchema = {
  name: '0001-first-schema',
  sql: `
create table installation (
  only_row boolean primary key default true check (only_row),
  installation_id text not null,
  key_id text not null,
  created_at timestamptz not null default now()
);

create table vault (
  url text primary key,
  created_at timestamptz not null default now()
);

create table connector (
  name text primary key,
  vault_url text not null references vault,
  secret_server text not null,
  state text not null,
  state_reason text,
  version integer not null,
  settings jsonb not null,
  applied_by text not null,
  applied_at timestamptz not null default now()
);

create table connector_version (
  connector text not null references connector,
  version integer not null,
  settings jsonb not null,
  applied_by text not null,
  applied_at timestamptz not null default now(),
  primary key (connector, version)
);

-- Exclusion by rows and the database clock. A row is never deleted: its epoch must never go back.
create table lease (
  key text primary key,
  owner text,
  owner_workflow_id text,
  epoch bigint not null,
  expires_at timestamptz not null
);

create table cycle (
  id uuid primary key,
  connector text not null references connector,
  kind text not null,
  dry_run boolean not null,
  workflow_id text not null,
  run_id text not null,
  opened_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz,
  outcome text,
  counts jsonb not null default '{}',
  plan_hash text,
  plan_pages integer,
  plan_page_size integer
);
create index cycle_by_connector on cycle (connector, opened_at desc);

create table cycle_call (
  cycle_id uuid not null references cycle on delete cascade,
  operation text not null,
  calls bigint not null,
  primary key (cycle_id, operation)
);

create sequence scan_generation;

-- One row per cycle and side; a second attempt takes a new generation, so the first can no longer complete it.
create table scan (
  cycle_id uuid not null references cycle on delete cascade,
  side text not null,
  connector text not null,
  generation bigint not null,
  started_at timestamptz not null,
  completed_at timestamptz,
  primary key (cycle_id, side)
);
create unique index scan_by_generation on scan (generation);

create table external_secret (
  connector text not null references connector,
  folded_name text not null,
  name text not null,
  enabled boolean not null,
  created_seconds bigint not null,
  updated_seconds bigint not null,
  content_type text,
  tags jsonb not null,
  managed boolean not null,
  generation bigint not null,
  primary key (connector, folded_name)
);

create table secret (
  connector text not null references connector,
  secret_id integer not null,
  name text not null,
  folder_id integer not null,
  folder_path text not null,
  template_id integer not null,
  template_name text not null,
  active boolean not null,
  stamp text not null,
  access jsonb not null,
  generation bigint not null,
  primary key (connector, secret_id)
);

create table change_cursor (
  connector text not null references connector,
  source text not null,
  cursor jsonb not null,
  moved_at timestamptz not null default now(),
  primary key (connector, source)
);

create table pending_change (
  connector text not null references connector,
  secret_id integer not null,
  source text not null,
  noted_at timestamptz not null,
  primary key (connector, secret_id, source)
);

create table pair (
  id integer generated always as identity primary key,
  connector text not null references connector,
  secret_id integer not null,
  vault_url text not null references vault,
  external_name text not null,
  folded_name text not null,
  ss_template text not null,
  sync_version integer not null default 0,
  tag_repairs integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  last_read_at timestamptz,
  base_version text,
  base_updated_seconds bigint,
  base_settled boolean,
  base_fingerprints jsonb,
  base_tags jsonb,
  base_source_stamp text,
  base_moved_at timestamptz,
  unique (connector, secret_id),
  unique (vault_url, folded_name)
);
create index pair_by_connector on pair (connector, id);
create index pair_by_last_read on pair (connector, last_read_at);

create table decision (
  cycle_id uuid not null references cycle on delete cascade,
  secret_id integer not null,
  pair_id integer references pair,
  external_name text not null,
  row_number integer not null,
  decision text not null,
  code text,
  detail text,
  key_vault_version text,
  sync_version integer not null,
  state text not null,
  page integer,
  primary key (cycle_id, secret_id)
);
create unique index decision_by_pair on decision (cycle_id, pair_id);
create index decision_by_page on decision (cycle_id, page, pair_id);

create table intent (
  operation_id uuid primary key,
  pair_id integer not null references pair,
  epoch bigint not null,
  cycle_id uuid not null references cycle,
  expected_version text,
  intended_fingerprints jsonb not null,
  intended_sync_version integer not null,
  source_stamp text not null,
  opened_at timestamptz not null,
  settle_after timestamptz not null,
  closed_at timestamptz,
  closed_epoch bigint,
  outcome text
);
create unique index intent_open on intent (pair_id) where closed_at is null;

create table operator_case (
  id integer generated always as identity primary key,
  connector text not null references connector,
  secret_id integer not null,
  pair_id integer references pair,
  external_name text not null,
  kind text not null,
  code text not null,
  detail text not null,
  first_cycle_id uuid not null,
  last_cycle_id uuid not null,
  opened_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz,
  resolution text
);
create unique index operator_case_open on operator_case (connector, secret_id, kind) where closed_at is null;

create table audit (
  connector text not null,
  sequence bigint not null,
  at timestamptz not null,
  correlation_id text not null,
  action text not null,
  secret_id integer,
  external_name text,
  details jsonb not null,
  mac text not null,
  primary key (connector, sequence)
);

create table audit_head (
  connector text primary key,
  sequence bigint not null,
  mac text not null
);

create table call_budget (
  vault_url text primary key
);

create table call_grant (
  id bigint generated always as identity primary key,
  vault_url text not null references call_budget,
  kind text not null,
  granted integer not null,
  granted_at timestamptz not null
);
create index call_grant_by_vault on call_grant (vault_url, granted_at);
`,
} as const;
