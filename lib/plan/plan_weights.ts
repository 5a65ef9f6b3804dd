// The files that a step starts from or measures with, known by their content: weights, a tokenizer, a pretrained language model.
import { resolve } from "node:path";
import type { Pipeline, Step } from "../catalog/pipeline.ts";
import { needsTokenizer, startsPretrained } from "../config/text_files.ts";
import { RefusedError } from "../error/failure.ts";
import type { PlannedBytes } from "../exchange/read_weights.ts";
import type { FingerprintCache } from "../store/fingerprint_cache.ts";
import type { RequestedText, RequestedWeights } from "../store/step_request.ts";

/**
 * Files and digests of what `step` takes from `model_checkpoint`; null where it takes nothing.
 *
 * @throws {RefusedError} where a file is gone since the pipeline was loaded
 */
export async function planWeights(
  step: Step,
  pipeline: Pipeline,
  cache: FingerprintCache,
): Promise<RequestedWeights | null> {
  const wanted = step.task === "train" || step.task === "generate"
    ? step.from_files ?? []
    : [];
  const entry = pipeline.weight_files;
  if (wanted.length === 0 || entry === undefined) return null;
  const files: RequestedWeights["files"][number][] = [];
  for (const { path, components } of entry.files) {
    const taken = components
      .filter((one) => wanted.includes(one));
    if (taken.length === 0) continue;
    files.push({ path, sha256: await digest(path, cache), components: taken });
  }
  const { tokenizer } = entry;
  return {
    strict: entry.strict,
    files,
    tokenizer: tokenizer === null || !wanted.includes("text_encoder")
      ? null
      : { path: tokenizer, sha256: await digest(tokenizer, cache) },
  };
}

/**
 * The tokenizer and the pretrained model that `step` starts from; null where it needs neither.
 *
 * @throws {RefusedError} where a file is gone since the pipeline was loaded
 */
export async function planText(
  step: Step,
  pipeline: Pipeline,
  cache: FingerprintCache,
): Promise<RequestedText | null> {
  if (step.task !== "train" && step.task !== "generate") return null;
  const { tokenizer, pretrained } = pipeline.text_files;
  const fileOf = async (path: string | null, isNeeded: boolean) =>
    path === null || !isNeeded
      ? null
      : { path, sha256: await digest(path, cache) };
  const text = {
    tokenizer: await fileOf(
      tokenizer,
      needsTokenizer(step, pipeline.weight_files),
    ),
    pretrained: await fileOf(pretrained, startsPretrained(step)),
  };
  return text.tokenizer === null && text.pretrained === null ? null : text;
}

/**
 * File and digest of the weights of a step's perceptual loss; null where it has none.
 *
 * @throws {RefusedError} where the file is gone since the pipeline was loaded
 */
export async function planLpips(
  step: Step,
  cache: FingerprintCache,
): Promise<PlannedBytes | null> {
  if (step.task !== "train" || step.lpips_weights === null) return null;
  const path = resolve(step.lpips_weights);
  return { path, sha256: await digest(path, cache) };
}

/** Component to digest, as the step's key takes them. */
export function weightDigests(
  weights: RequestedWeights | null,
): Record<string, string> {
  if (weights === null) return {};
  const { files, tokenizer } = weights;
  return {
    ...Object.fromEntries(
      files.flatMap(({ components, sha256 }) =>
        components.map((component) => [component, sha256])
      ),
    ),
    ...(tokenizer === null ? {} : { tokenizer: tokenizer.sha256 }),
  };
}

async function digest(path: string, cache: FingerprintCache): Promise<string> {
  try {
    return await cache.digest(path, Deno.statSync(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new RefusedError(`Cannot find "${path}"`, {
      hint: "Put it back, or correct the key that names it",
      cause: error,
    });
  }
}
