import type { ErrorDefinition } from './definition';

/** Errors of the processes around the work: Temporal, workers, listeners, supervision, the command line. */
export const runtimeErrors = {
  TemporalCliNotFound: {
    retryable: false,
    happened: 'No Temporal development server could be found or made.',
    cause: 'It is looked for on this machine, then downloaded, then built with Go, and none of these worked.',
    remedy:
      'Install the Temporal CLI (https://docs.temporal.io/cli), or install Go 1.25 or newer, or set SSAKV_TEMPORAL_CLI to the path of a temporal binary, and start again.',
  },
  TemporalCliUnusable: {
    retryable: false,
    happened: 'The Temporal CLI named by SSAKV_TEMPORAL_CLI cannot be used.',
    cause: 'The file is missing, is not executable, or does not answer `temporal --version`.',
    remedy: 'Set SSAKV_TEMPORAL_CLI to the path of a working temporal binary, or unset it.',
  },
  TemporalUnreachable: {
    retryable: true,
    happened: 'Temporal did not answer.',
    cause: 'The server is down, its address is wrong, or a firewall or proxy stands in between.',
    remedy: 'Check `temporal.address` in ssakv.yaml and that the server runs, then try again.',
  },
  TemporalRefused: {
    retryable: false,
    happened: 'Temporal refused the connection or the request.',
    cause:
      'The API key or the client certificate is missing, wrong or expired, or it may not use this namespace.',
    remedy: 'Check `temporal.tls` and `temporal.api_key` in ssakv.yaml and the rights on the namespace.',
  },
  NamespaceMissing: {
    retryable: false,
    happened: 'The Temporal namespace does not exist.',
    cause: 'The name in ssakv.yaml is wrong, or nobody has created the namespace yet.',
    remedy:
      'Create the namespace (`temporal operator namespace create`) or correct `temporal.namespace` in ssakv.yaml.',
  },
  SearchAttributesMissing: {
    retryable: false,
    happened: 'The Temporal namespace lacks search attributes that ssakv uses.',
    cause:
      '`ssakv setup` has not been run against this namespace, or its account may not register attributes.',
    remedy: 'Run `ssakv setup`, or ask the Temporal administrator to add the named Keyword attributes.',
  },
  WorkflowBundleMissing: {
    retryable: false,
    happened: 'The prebuilt workflow code is missing.',
    cause: 'The file dist/workflow-bundle.js is made by the build and is not there.',
    remedy: 'Run `npm run build`.',
  },
  WorkflowMissing: {
    retryable: false,
    happened: 'There is no such workflow run.',
    cause: 'It was never started, or the retention time of the namespace has passed.',
    remedy: 'Look at the runs in the Temporal Web UI or with `ssakv sync status`.',
  },
  WorkflowFailed: {
    retryable: false,
    happened: 'The workflow ended without success.',
    cause: 'It failed, was cancelled, was terminated or ran out of time.',
    remedy: 'Open the run in the Temporal Web UI to see the failing step.',
  },
  ScheduleMissing: {
    retryable: false,
    happened: 'The connector has no schedule.',
    cause: 'The schedule is created by the activation of the connector.',
    remedy: 'Run `ssakv connector activate` for it.',
  },
  EnginePoolNotPolled: {
    retryable: false,
    happened: 'Nobody works for the engine pool of this connector.',
    cause: 'No worker polls the task queue of the pool.',
    remedy: 'Start `ssakv worker` inside that network with the pool in `pool_ids` of its ssakv.yaml.',
  },
  PortInUse: {
    retryable: false,
    happened: 'A port that ssakv needs is in use by another program.',
    cause: 'Another process listens on it.',
    remedy: 'Stop that process, or choose another port with the option named here.',
  },
  AlreadyStarted: {
    retryable: false,
    happened: 'ssakv already runs in this data directory.',
    cause: 'Another start is still alive, and two must not share one directory.',
    remedy: 'Stop the other one (Ctrl-C in its terminal), or give this one its own --data-dir.',
  },
  DataDirectoryMismatch: {
    retryable: false,
    happened: 'The data directory belongs to something else.',
    cause: 'It was made by another command of ssakv or by a version that stores other things there.',
    remedy: 'Choose another directory with --data-dir, or delete this one if nothing in it is needed.',
  },
  DataDirectoryUnusable: {
    retryable: false,
    happened: 'The data directory cannot be written.',
    cause: 'The path is not a directory, or this user has no right to write there.',
    remedy: 'Choose a directory of your own with --data-dir.',
  },
  PartFailedToStart: {
    retryable: false,
    happened: 'A part of ssakv did not start.',
    cause: 'Its process ended, or it was not ready in time.',
    remedy: 'Read the end of the log file named here.',
  },
  PartStopped: {
    retryable: false,
    happened: 'A part of ssakv stopped while it was needed.',
    cause: 'Its process ended by itself or was killed from outside.',
    remedy: 'Read the end of the log file named here and start again; the saved state continues.',
  },
  ActivationFailed: {
    retryable: false,
    happened: 'The connector was not activated.',
    cause: 'Its connection test failed, so nothing was scheduled and nothing was written.',
    remedy: 'Do what each failed check says and start again.',
  },
  NotHealthy: {
    retryable: true,
    happened: 'The health address did not answer that all is well.',
    cause: 'The process is starting or stopping, or something it needs does not answer.',
    remedy: 'Open the address to see which check fails, and read the log of that process.',
  },
  SettingsNotFound: {
    retryable: false,
    happened: 'There is no ssakv.yaml.',
    cause: 'It is looked for at --config, SSAKV_CONFIG, ./ssakv.yaml and ./.ssakv/config/ssakv.yaml.',
    remedy: 'Name the file with --config, or run `ssakv dev` to get a working example.',
  },
  InvalidUsage: {
    retryable: false,
    happened: 'The command cannot be run like this.',
    cause: 'An option or an argument is missing or has a form that the command does not take.',
    remedy: 'See the command with --help.',
  },
  UnsupportedNode: {
    retryable: false,
    happened: 'This version of Node.js is too old for ssakv.',
    cause: 'The Azure libraries need Node.js 22.12 or newer.',
    remedy:
      'Start it through npm (`npm start`), which brings its own Node.js 24, or install a newer Node.js.',
  },
  Unexpected: {
    retryable: true,
    happened: 'Something unexpected went wrong inside ssakv.',
    cause: 'The error is not one that ssakv knows; its text is withheld, because it might hold a value.',
    remedy: 'Try again; if it stays, report it with the log lines of the same correlation id.',
  },
} as const satisfies Record<string, ErrorDefinition>;
