import type { Log } from './telemetry/log';

/**
 * Ends the process with one log entry when an error was caught nowhere, rejected promises included. Node itself would
 * print the error with its text and members, and those of a foreign error may hold a secret's value.
 */
export function endOnUncaughtErrors(log: Log): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ error }, 'An error was caught nowhere, so this process ends; its text is withheld.');
    process.exit(1);
  });
}
