/** Limits of time in tests: what takes longer than this on a real machine has hung; an emulated one takes ten times as long. */
export const SLOWNESS = Number(process.env["SLIPWAY_TEST_SLOWNESS"] ?? 1);

export function within(milliseconds: number): AbortSignal {
  return AbortSignal.timeout(milliseconds * SLOWNESS);
}
