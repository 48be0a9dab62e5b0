import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultEffect } from './faults';

/** What the client gets: an answer, or a connection that ends without one. */
export type Outcome = { kind: 'answer'; response: Response } | { kind: 'cut' };

const GARBAGE = '<!DOCTYPE html><html><head><title>Service</title></head><body>Please wait.</body></html>';

/**
 * Does a call under a fault.
 *
 * @param fault the fault that hits the call, if any
 * @param effect the call's own effect and answer
 */
export async function performUnder(
  fault: Fault | undefined,
  effect: () => Promise<Response>,
): Promise<Outcome> {
  if (!fault) return { kind: 'answer', response: await effect() };
  const { request } = fault;
  const early = request.effect.when === 'before';
  const response = early ? undefined : await effect();
  const substitute = await disturb(fault, request.effect);
  if (substitute) return substitute;
  return { kind: 'answer', response: response ?? (await effect()) };
}

/** What replaces the call's own answer, or undefined after a mere wait. */
async function disturb(fault: Fault, effect: FaultEffect): Promise<Outcome | undefined> {
  switch (effect.kind) {
    case 'answer':
      return { kind: 'answer', response: cannedAnswer(effect) };
    case 'garbage': {
      const headers = { 'content-type': 'text/html; charset=utf-8' };
      return { kind: 'answer', response: new Response(GARBAGE, { status: 200, headers }) };
    }
    case 'cut':
      return { kind: 'cut' };
    case 'delay':
      await sleep(effect.delayMs);
      return undefined;
    case 'hold':
      return (await fault.held()) === 'cut' ? { kind: 'cut' } : undefined;
  }
}

function cannedAnswer(effect: Extract<FaultEffect, { kind: 'answer' }>): Response {
  const headers = new Headers(effect.headers);
  if (effect.body === undefined) return new Response(null, { status: effect.status, headers });
  if (typeof effect.body === 'string') return new Response(effect.body, { status: effect.status, headers });
  if (!headers.has('content-type')) headers.set('content-type', 'application/json; charset=utf-8');
  return new Response(JSON.stringify(effect.body), { status: effect.status, headers });
}
