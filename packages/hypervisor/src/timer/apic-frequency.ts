/**
 * The input clock of the local APIC's timer. CPUID leaf 15h gives the time-stamp counter's frequency as a whole multiple
 * of it, so one follows from the other. Intel SDM volume 3, "APIC Timer".
 */

/** What the clock should come close to. */
const NOMINAL_HZ = 200_000_000;
/** Guests calculate in kHz. */
const GRAIN_HZ = 1_000;
const MOST_RATIO = 64;

/** Of the frequencies that are a whole part of `tscHz`, in whole kHz where that is possible, the one nearest to 200 MHz. */
export function apicFrequency(tscHz: number): number {
  let best = tscHz;
  for (let ratio = 2; ratio <= MOST_RATIO; ratio += 1) {
    const hz = tscHz / ratio;
    if (hz % GRAIN_HZ !== 0) continue;
    if (Math.abs(hz - NOMINAL_HZ) < Math.abs(best - NOMINAL_HZ)) best = hz;
  }
  return best;
}
