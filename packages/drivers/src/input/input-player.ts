/** Plays an input script at a guest, no faster than the guest listens. */

import type { Framebuffer, Picture } from '../display/framebuffer.ts';
import type { InputStep } from './input-script.ts';
import type { Keyboard } from './keyboard.ts';
import type { Pointer } from './pointer.ts';
import { usKey } from './us-layout.ts';

/** Where a script is played. */
export interface InputStage {
  readonly keyboard: Keyboard;
  readonly pointer: Pointer;
  readonly framebuffer: Framebuffer;
  /** Calls back later; the result cancels. */
  after(milliseconds: number, callback: () => void): () => void;
  /** For `until`: settles when the guest has written this. */
  until(text: string): Promise<void>;
  /** For `screenshot`: keeps the picture. */
  screenshot(path: string, picture: Picture): Promise<void>;
}

/** A step that the guest did not take. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

const RETRY_MS = 50;
/** A guest that boots may take its time until its drivers are there. */
const PATIENCE_MS = 300_000;

/**
 * Plays all steps, one after the other; what the guest does not hear yet waits until it does. Rejects with
 * {@link InputError} when it never does, and with the signal's reason when that ends it.
 */
export async function playInput(
  steps: readonly InputStep[],
  stage: InputStage,
  signal?: AbortSignal,
): Promise<void> {
  const player = new Player(stage, signal);
  for (const step of steps) await player.play(step);
}

class Player {
  readonly #stage: InputStage;
  readonly #signal: AbortSignal | undefined;
  #line = 0;

  constructor(stage: InputStage, signal: AbortSignal | undefined) {
    this.#stage = stage;
    this.#signal = signal;
  }

  async play(step: InputStep): Promise<void> {
    this.#signal?.throwIfAborted();
    this.#line = step.line;
    const { pointer, framebuffer } = this.#stage;
    switch (step.verb) {
      case 'until':
        return await this.#stage.until(step.text);
      case 'wait':
        return await this.#pause(step.seconds * 1000);
      case 'type':
        return await this.#type(step.text);
      case 'press':
        return await this.#keys(step.keys, true);
      case 'release':
        return await this.#keys(step.keys, false);
      case 'chord':
        await this.#keys(step.keys, true);
        return await this.#keys(step.keys.toReversed(), false);
      case 'move':
        return await this.#heard('screen or pointer', () => {
          const { size } = framebuffer;
          return size !== undefined && pointer.moveToPixel(step.x, step.y, size);
        });
      case 'click':
        await this.#heard('pointer', () => pointer.press(step.button));
        return await this.#heard('pointer', () => pointer.release(step.button));
      case 'wheel':
        return await this.#heard('pointer', () => pointer.scroll(step.notches));
      case 'screenshot':
        return await this.#screenshot(step.text);
    }
  }

  async #type(text: string): Promise<void> {
    for (const character of text) {
      const { key, isShifted } = usKey(character)!;
      const keys = isShifted ? ['ShiftLeft', key] : [key];
      await this.#keys(keys, true);
      await this.#keys(keys.toReversed(), false);
    }
  }

  async #keys(keys: readonly string[], isDown: boolean): Promise<void> {
    const { keyboard } = this.#stage;
    for (const key of keys) {
      await this.#heard('keyboard', () => (isDown ? keyboard.press(key) : keyboard.release(key)));
    }
  }

  async #screenshot(path: string): Promise<void> {
    let picture: Picture | undefined;
    await this.#heard('screen', () => {
      picture = this.#stage.framebuffer.picture();
      return picture !== undefined;
    });
    await this.#stage.screenshot(path, picture!);
  }

  /** Tries until it is true. What is false was lost, so that nothing comes twice. */
  async #heard(what: string, attempt: () => boolean): Promise<void> {
    for (let waited = 0; !attempt(); waited += RETRY_MS) {
      if (waited >= PATIENCE_MS) throw new InputError(`line ${this.#line}: the guest has no ${what}`);
      await this.#pause(RETRY_MS);
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => this.#stage.after(milliseconds, resolve));
    this.#signal?.throwIfAborted();
  }
}
