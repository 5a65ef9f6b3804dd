// The engine "tensorflow": the kernels of tfjs's Node package on TensorFlow's own library.
import util from "node:util";
import { registerWorkCompiler } from "../../tensor/pure_work.ts";
import { tf } from "../../tensor/tf.ts";
import { registerAffine } from "./affine_kernels.ts";
import { type Binding, createBinding } from "./binding.ts";
import {
  type ContextOptions,
  startContext,
  type TensorflowContext,
} from "./context.ts";
import { registerConvolutions } from "./convolution_kernels.ts";
import { openLibrary } from "./library.ts";
import { NativeOps, type NodeBackend } from "./native_ops.ts";
import { registerNorms } from "./norm_kernels.ts";
import { registerProducts } from "./product_kernels.ts";
import { registerShapeKernels } from "./shape_kernels.ts";
import { registerUpdates } from "./update_kernels.ts";
import { workCompiler } from "./work_compiler.ts";

/** What tfjs's Node package exports and its types, bound to Node, do not let us use. */
interface NodeKernels {
  readonly NodeJSKernelBackend: new (
    binding: Binding,
    packageName: string,
  ) => tf.KernelBackend;
}

const PACKAGE = "@tensorflow/tfjs-node-gpu";

/**
 * Opens the library at `path` and registers its kernels as tfjs's backend "tensorflow".
 *
 * @throws {RefusedError} when the library cannot serve, or the wanted device is not there
 */
export async function startTensorflow(
  path: string,
  options: ContextOptions,
): Promise<TensorflowContext> {
  const context = startContext(openLibrary(path), options);
  restoreRemovedChecks();
  // The package's entry would load its addon; these two modules are plain JavaScript over the binding.
  const { NodeJSKernelBackend } = await import(
    "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js"
  ) as unknown as NodeKernels;
  const binding = createBinding(context);
  tf.registerBackend(
    "tensorflow",
    () => new NodeJSKernelBackend(binding, PACKAGE),
  );
  await tf.setBackend("tensorflow");
  await import("@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js");
  const ops = new NativeOps(tf.backend() as NodeBackend);
  registerShapeKernels(ops);
  registerProducts(ops);
  registerConvolutions(ops);
  registerUpdates(ops);
  registerNorms(ops);
  registerAffine(ops);
  registerWorkCompiler("tensorflow", workCompiler(ops));
  return context;
}

/** The package calls two functions that newer releases of Node's `util` no longer have. */
function restoreRemovedChecks(): void {
  const legacy = util as unknown as Record<string, unknown>;
  legacy["isNullOrUndefined"] ??= (value: unknown) => value == null;
  legacy["isArray"] ??= Array.isArray;
}
