/** The template maps of the demo: the built-in ones need no entry. */
export const demoTemplateMaps = `# Yours to edit: kept from start to start. Every key is explained in docs/configuration.md.

external_vault_template_maps:
  - ss_template: "Oracle Service Account"
    external_vault: "akv-prod-eastus"
    external_secret_prefix: "oracle" # results in "oracle-{ss-id}"
    sync_direction: bidirectional
    content_type: "application/json"
    field_map:
      - ss_field: "Username"
        akv_key: "username"
        sensitive: false
      - ss_field: "Password"
        akv_key: "password"
        sensitive: true
      - ss_field: "Server"
        akv_key: "host"
        sensitive: false
      - ss_field: "Port"
        akv_key: "port"
        type_coerce: string
    external_secret_tags:
      environment: "production"
      ss-managed: "true"
      ss-template: "oracle-service-account"

conflict_resolution:
  default_authority: secret_server
  merge_enabled: true
  sensitive_field_winner: secret_server
  infra_field_winner: azure_key_vault
  unresolvable_action: quarantine_and_alert
  alert_channel: "azure-monitor-webhook"

sync_rules:
  - external_vault: "akv-prod-eastus"
    folder: "Production"
    include_subfolders: true
`;

/** The throttle file of the demo, with the defaults written out. */
export const demoThrottle = `; Yours to edit: kept from start to start. Every key is explained in docs/configuration.md.

[azure_key_vault]
max_requests_per_10s = 2000
burst_capacity = 500
retry_policy = "exponential"
retry_max_attempts = 5
retry_base_delay_ms = 1000

[sync_batching]
external_secrets_per_batch = 25
batch_interval_ms = 400
parallel_template_workers = 4
delta_page_size = 25
`;
