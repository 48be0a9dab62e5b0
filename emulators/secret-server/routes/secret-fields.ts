import type { BoundArguments } from '../bound-arguments';
import { domainError, json } from '../replies';
import type { Call, Route } from '../routing';
import { openSecret } from '../secret-access';
import { fieldNamed, itemOf, putFile, removeFile, templateOf, updateFields } from '../secret-store';
import type { Secret, TemplateField } from '../state';
import { accessOptions, namedSecret } from './named-secret';

function namedField({ world, params }: Call, secret: Secret): TemplateField {
  const field = fieldNamed(templateOf(world, secret), params['slug'] ?? '');
  if (!field) throw domainError('API_SecretFieldNotFound', 'Secret field not found');
  return field;
}

/** A text field answers its value as a JSON string, a file field its bytes. */
function readField(call: Call): Response {
  const options = accessOptions(call);
  const secret = namedSecret(call, 'view', options);
  const field = namedField(call, secret);
  openSecret(call.world, secret, call.account, options);
  call.world.auditRead(secret, call.account, `Field: ${field.name}`);
  const item = itemOf(secret, field);
  if (!field.isFile) return json(item.value);
  if (!item.file) throw domainError('API_FileNotFound', 'The Secret field has no file.');
  const fileName = item.file.name.replace(/["\\\r\n]/g, '_');
  return new Response(Buffer.from(item.file.base64, 'base64'), {
    headers: {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${fileName}"`,
    },
  });
}

/** Text as JSON `{value}`; a file as JSON `{fileName, fileAttachment}` or as the multipart part named `file`. */
async function writeField(call: Call): Promise<Response> {
  const { world, account, body } = call;
  const options = accessOptions(call);
  const secret = namedSecret(call, 'edit', options);
  const field = namedField(call, secret);
  openSecret(world, secret, account, options);
  if (!field.isFile) {
    const value = body.text('value') ?? '';
    updateFields(world, secret, account, [{ fieldId: field.id, value }], `Field: ${field.name}`);
    return json(value);
  }
  const file = await sentFile(call);
  if (file) putFile(world, secret, account, { field, ...file });
  else removeFile(world, secret, account, field);
  return json(true);
}

async function sentFile({ request, body }: Call): Promise<{ name: string; bytes: Buffer } | undefined> {
  if (/^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '')) {
    const part = (await request.formData()).get('file');
    if (part === null || typeof part === 'string')
      throw domainError('API_FileMissing', 'A part named "file" is expected.');
    return { name: part.name, bytes: Buffer.from(await part.arrayBuffer()) };
  }
  if (body.isNull('fileAttachment') || !body.has('fileAttachment')) return undefined;
  return { name: body.text('fileName') ?? '', bytes: attachmentBytes(body) };
}

/** Bytes travel as base64 text or, as some clients send them, as an array of numbers. */
function attachmentBytes(body: BoundArguments): Buffer {
  const texts = body.texts('fileAttachment');
  const isArray = texts.length > 1 || /^\d{1,3}$/.test(texts[0] ?? '');
  return isArray ? Buffer.from(body.integers('fileAttachment')) : Buffer.from(texts[0] ?? '', 'base64');
}

/** Routes for single fields. */
export const secretFieldRoutes: readonly Route[] = [
  { method: 'GET', path: '/api/v1/secrets/{id}/fields/{slug}', operation: 'readField', handle: readField },
  { method: 'PUT', path: '/api/v1/secrets/{id}/fields/{slug}', operation: 'writeField', handle: writeField },
  {
    method: 'POST',
    path: '/api/v1/secrets/{id}/restricted/fields/{slug}',
    operation: 'readField',
    readsOnly: true,
    handle: readField,
  },
];
