import { resolveTemporalCli } from '../../client/temporal/resolve-cli';

/** Gets the Temporal CLI before any test's time starts to run: on a new machine it has to be built, once. */
export default async function globalSetup(): Promise<void> {
  await resolveTemporalCli({
    environment: process.env,
    report: (sentence) => process.stderr.write(`${sentence}\n`),
  });
}
