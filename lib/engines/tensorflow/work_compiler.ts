// Pure work of the trainers as functions of TensorFlow's own: without tfjs's tape, and without a dispatch for each op.
import type { NamedResults, WorkCompiler } from "../../tensor/pure_work.ts";
import { tf } from "../../tensor/tf.ts";
import type { NativeFunction } from "./native_functions.ts";
import type { NativeOps, NodeBackend } from "./native_ops.ts";

interface CompiledWork {
  readonly made: NativeFunction;
  /** Of its results, in their order. */
  readonly names: readonly string[];
}

/** A compiler on the backend of `ops`. */
export function workCompiler(ops: NativeOps): WorkCompiler {
  const { backend } = ops;
  const { functions } = backend.binding;
  const byOwner = new WeakMap<object, Map<string, CompiledWork>>();
  return ({ owner, name, inputs }, body) => {
    const known = byOwner.get(owner) ?? new Map<string, CompiledWork>();
    byOwner.set(owner, known);
    const shapes = inputs.map(({ shape, dtype }) => `${dtype} ${shape}`);
    const key = [name, ...shapes].join(";");
    const ids = backend.getInputTensorIds(inputs);
    let compiled = known.get(key);
    if (compiled === undefined) {
      compiled = compile(backend, ids, body);
      known.set(key, compiled);
    }
    // What `body` computed itself is not used: the function may round in another order, and a resumed step runs it too.
    const results = functions.run(compiled.made, ids);
    return new Map(results.map((result, at) => [
      compiled.names[at]!,
      tf.engine().makeTensorFromTensorInfo(ops.adopt(result)),
    ]));
  };
}

function compile(
  backend: NodeBackend,
  inputs: readonly number[],
  body: () => NamedResults,
): CompiledWork {
  let results: NamedResults = new Map();
  const made = backend.binding.functions.define(
    inputs,
    () =>
      withOwnNumbers(backend, () => {
        results = body();
        return backend.getInputTensorIds([...results.values()]);
      }),
  );
  const names = [...results.keys()];
  tf.dispose([...results.values()]);
  return { made, names };
}

/**
 * Refuses numbers that came from JavaScript before `work` began: the backend sends them to TensorFlow when they are first used, where
 * they look like constants of the work.
 */
function withOwnNumbers<T>(backend: NodeBackend, work: () => T): T {
  const own = new WeakSet<object>();
  const { move, getInputTensorIds, tensorMap } = backend;
  backend.move = (dataId, ...rest) => {
    own.add(dataId);
    move.call(backend, dataId, ...rest);
  };
  backend.getInputTensorIds = (tensors) => {
    for (const { dataId, shape } of tensors) {
      const isForeign = tensorMap.has(dataId) &&
        tensorMap.get(dataId).values !== null && !own.has(dataId);
      if (isForeign) {
        throw new TypeError(
          `Cannot make a function of work that uses a tensor of shape [${shape}]: it is none of its inputs`,
        );
      }
    }
    return getInputTensorIds.call(backend, tensors);
  };
  try {
    return work();
  } finally {
    Object.assign(backend, { move, getInputTensorIds });
  }
}
