// Captions as the flow sees them: token ids while the text encoder trains, else vectors that are computed once.
import type { Tokenizer } from "../data/tokenizer.ts";
import { encodeText, type FluxModel } from "../models/flux_model.ts";
import { tf } from "../tensor/tf.ts";
import { nextTurn } from "./event_loop.ts";

/** Captions per pass; fixed, so that the same caption always gives the same bytes. */
const PASS_SIZE = 16;

/** How captions become tokens. */
export interface TextOptions {
  readonly tokenizer: Tokenizer;
  readonly maxTokens: number;
  /** Put before every caption with a full stop and a blank; null for none. */
  readonly prefix: string | null;
}

/** Token ids and mask of several captions, [N, maxTokens] int32; whoever asked for them disposes them. */
export interface TextTokens {
  readonly ids: tf.Tensor2D;
  readonly mask: tf.Tensor2D;
}

/** The caption as it is tokenised; the empty one stays empty, since it stands for "no caption". */
export function promptOf(caption: string, prefix: string | null): string {
  return prefix === null || caption === "" ? caption : `${prefix}. ${caption}`;
}

/** Tokenises captions. */
export function textTokens(
  captions: readonly string[],
  options: TextOptions,
): TextTokens {
  const { tokenizer, maxTokens, prefix } = options;
  const ids = new Int32Array(captions.length * maxTokens);
  const mask = new Int32Array(captions.length * maxTokens);
  for (const [row, caption] of captions.entries()) {
    const encoded = tokenizer.encode(promptOf(caption, prefix), maxTokens);
    ids.fill(tokenizer.padId, row * maxTokens, (row + 1) * maxTokens);
    ids.set(encoded.ids.subarray(0, maxTokens), row * maxTokens);
    mask.set(encoded.mask.subarray(0, maxTokens), row * maxTokens);
  }
  const shape: [number, number] = [captions.length, maxTokens];
  return {
    ids: tf.tensor2d(ids, shape, "int32"),
    mask: tf.tensor2d(mask, shape, "int32"),
  };
}

/** Vectors [N, E] of captions; the caller owns them. */
export function textVectors(
  model: FluxModel,
  captions: readonly string[],
  options: TextOptions,
): tf.Tensor2D {
  return tf.tidy(() => {
    const { ids, mask } = textTokens(captions, options);
    return encodeText(model, ids, mask);
  });
}

/** Vectors of captions under a text encoder that does not train, each computed once. */
export class CaptionVectors {
  readonly #vectors: ReadonlyMap<string, Float32Array>;

  private constructor(vectors: ReadonlyMap<string, Float32Array>) {
    this.#vectors = vectors;
  }

  /**
   * Encodes every distinct caption, and the empty one, in their order.
   *
   * @throws the signal's reason as soon as it is aborted.
   */
  static async encode(
    model: FluxModel,
    captions: readonly string[],
    options: TextOptions & { readonly signal: AbortSignal },
  ): Promise<CaptionVectors> {
    const distinct = [...new Set(["", ...captions])];
    const vectors = new Map<string, Float32Array>();
    for (let from = 0; from < distinct.length; from += PASS_SIZE) {
      const part = distinct.slice(from, from + PASS_SIZE);
      const encoded = textVectors(model, part, options);
      const numbers = await encoded.data() as Float32Array;
      const width = encoded.shape[1];
      encoded.dispose();
      part.forEach((caption, row) =>
        vectors.set(caption, numbers.slice(row * width, (row + 1) * width))
      );
      await nextTurn();
      options.signal.throwIfAborted();
    }
    return new CaptionVectors(vectors);
  }

  /**
   * Vectors [N, E] of captions that were encoded; the caller owns them.
   *
   * @throws {RangeError} on a caption that was not: a defect of ours.
   */
  of(captions: readonly string[]): tf.Tensor2D {
    const rows = captions.map((caption) => {
      const vector = this.#vectors.get(caption);
      if (vector === undefined) {
        throw new RangeError(`Caption "${caption}" was not encoded`);
      }
      return vector;
    });
    const width = rows[0]!.length;
    const values = new Float32Array(rows.length * width);
    rows.forEach((row, index) => values.set(row, index * width));
    return tf.tensor2d(values, [rows.length, width]);
  }
}
