/** A value written down as a careless program would, to prove that the search finds it. Shares no code with the search. */
export interface Planting {
  readonly form: string;
  readonly how: string;
  readonly bytes: Buffer;
}

/** The value with something around it, in every form that is searched for. */
export function plantingsOf(mark: string): readonly Planting[] {
  const value = `before ${mark} after`;
  const asJson = JSON.stringify({ value });
  const asAscii = asJson.replaceAll(
    /[^ -~]/gu,
    (letter) =>
      `\\u${[...Buffer.from(letter, 'utf16le').swap16().toString('hex').matchAll(/.{4}/g)].join('\\u')}`,
  );
  const bytes = Buffer.from(value);
  const text = (form: string, how: string, written: string): Planting => ({
    form,
    how,
    bytes: Buffer.from(written),
  });
  return [
    text('plain', 'as it is', value),
    text('json', 'in JSON', asJson),
    text('json', 'in JSON inside JSON', JSON.stringify({ body: asJson })),
    text('json', 'in JSON of ASCII only', asAscii),
    text('url', 'in a path', encodeURIComponent(value)),
    text('url', 'in a form', String(new URLSearchParams({ value }))),
    text('base64', 'in base64', bytes.toString('base64')),
    text('base64', 'in base64, one byte later', Buffer.concat([Buffer.from('x'), bytes]).toString('base64')),
    text(
      'base64',
      'in base64, two bytes later',
      Buffer.concat([Buffer.from('xx'), bytes]).toString('base64'),
    ),
    text('base64', 'in base64 in lines', bytes.toString('base64').replaceAll(/.{24}/g, '$&\r\n')),
    text('base64url', 'in base64url', bytes.toString('base64url')),
    text('hex', 'in hex', bytes.toString('hex')),
    text('hex', 'in capital hex', bytes.toString('hex').toUpperCase()),
    { form: 'utf16le', how: 'in UTF-16LE', bytes: Buffer.from(value, 'utf16le') },
    { form: 'utf16be', how: 'in UTF-16BE', bytes: Buffer.from(value, 'utf16le').swap16() },
    text('plain', 'in two pieces, the first', value.slice(0, 7 + 13)),
    text('plain', 'in two pieces, the second', value.slice(7 + 13)),
  ];
}
