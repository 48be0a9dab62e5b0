import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolveCredential } from '../../adapters/credentials';
import { checkAllowed } from '../../config/allow-lists';
import type { RuntimeSettings } from '../../config/runtime-settings';
import type { ConnectorSettings, CredentialReference } from '../../domain/connectors';
import { examine, failed, ok, skipped, warning, type Finding } from './finding';

const dayMs = 86_400_000;
/** Certificates are renewed by people, who need some weeks. */
const expiryWarningDays = 30;

/** What can be said of a connector without signing in anywhere: `connector test` does the rest. */
export async function checkConnector(
  connector: ConnectorSettings,
  settings: RuntimeSettings,
): Promise<Finding[]> {
  const name = connector.displayName;
  return [
    await examine(`${name}: allow-lists`, async () => {
      checkAllowed(connector, settings.allow);
      return ok(`${name}: allow-lists`, 'ssakv.yaml allows its vault, folders and credentials.');
    }),
    await checkCredential(`${name}: Key Vault credential`, connector.vault.credential, settings),
    await checkCredential(`${name}: Secret Server credential`, connector.secretServer.credential, settings),
    checkMethod(`${name}: sign-in`, connector),
  ];
}

function checkMethod(check: string, { vault }: ConnectorSettings): Finding {
  if (vault.authMethod !== 'ClientSecret') return ok(check, `authMethod is ${vault.authMethod}.`);
  return warning(
    check,
    'authMethod is ClientSecret; a certificate or a managed identity cannot be copied from a file.',
  );
}

function checkCredential(
  check: string,
  reference: CredentialReference,
  settings: RuntimeSettings,
): Promise<Finding> {
  return examine(check, async () => {
    if (reference.kind === 'secretServerSecret')
      return skipped(check, 'It is kept in Secret Server; `connector test` reads it.');
    const resolved = await resolveCredential(reference, { baseDirectory: settings.baseDirectory });
    if (resolved.kind === 'pemFile') return checkCertificate(check, resolved.path);
    return ok(check, `It can be read (${reference.kind}).`);
  });
}

async function checkCertificate(check: string, file: string): Promise<Finding> {
  const certificate = new X509Certificate(await readFile(file, 'utf8'));
  const days = Math.floor((certificate.validToDate.getTime() - Date.now()) / dayMs);
  const until = certificate.validToDate.toISOString().slice(0, 10);
  if (days < 0)
    return failed(check, `The certificate ${file} ended on ${until}; register a new one in Entra.`);
  if (days < expiryWarningDays)
    return warning(check, `The certificate ${file} ends on ${until}, in ${days} days.`);
  return ok(check, `The certificate ${file} is valid until ${until}.`);
}
