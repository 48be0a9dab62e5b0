// Writes docs/errors.md from the compiled error catalogue. Run `npm run build` first.
import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const compiled = path.join(root, 'dist', 'domain', 'errors');
const require = createRequire(import.meta.url);

/** The files of domain/errors that hold an area's codes, in the order in which an operator meets them. */
const titles = {
  configuration: 'Configuration files',
  input: 'Inputs of workflows',
  runtime: 'Processes, Temporal and the command line',
  entra: 'Microsoft Entra ID and credentials',
  'key-vault': 'Azure Key Vault',
  'secret-server': 'Delinea Secret Server',
  ledger: 'The ledger',
  sync: 'One secret, or one connector',
  cycles: 'Cycles and single writes',
};
const noAreas = ['catalogue', 'definition', 'ssakv-error'];

const introduction = `# Errors

Every error that ssakv reports has a code that never changes. The code is the \`type\` of a failure in Temporal, the end of
each line that the command line prints on an error (\`[NotAllowed]\`), the \`code\` in the result of a cycle and in a case,
and a label of the metric \`ssakv_activities_total\`.

_Tried again_ says what ssakv does by itself. Yes: the step is repeated, as often and as fast as the throttle file says
(\`retry_*\`), and what is still open then is left to the next cycle. No: repeating alone cannot help, so the step ends at
once. The next cycle looks at such a secret again as well, and passes when somebody has done what the remedy says.

The messages hold names, numbers and codes, never a value and never the text of a foreign error. Everything the other
side's answer says beyond its status and its error code is left out on purpose: it could repeat a credential.

This page is written by \`node scripts/write-error-docs.mjs\` from the catalogue in \`domain/errors/\`.
`;

function entry([code, { happened, cause, remedy, retryable }]) {
  return [
    `### ${code}`,
    happened,
    [`- Why: ${cause}`, `- What to do: ${remedy}`, `- Tried again: ${retryable ? 'yes' : 'no'}`].join('\n'),
  ].join('\n\n');
}

function area([name, title]) {
  const [codes] = Object.values(require(path.join(compiled, `${name}.js`)));
  const entries = Object.entries(codes).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return [`## ${title}`, ...entries.map(entry)].join('\n\n');
}

const found = readdirSync(compiled)
  .filter((file) => file.endsWith('.js'))
  .map((file) => path.basename(file, '.js'))
  .filter((name) => !noAreas.includes(name));
const missing = found.filter((name) => !(name in titles));
if (missing.length > 0) throw new Error(`These areas have no title here: ${missing.join(', ')}.`);

const page = [introduction, ...Object.entries(titles).map(area)].join('\n');
writeFileSync(
  path.join(root, 'docs', 'errors.md'),
  `${page.replaceAll(/\n(?=## )/g, '\n\n').replaceAll(/\n{3,}/g, '\n\n')}\n`,
);
