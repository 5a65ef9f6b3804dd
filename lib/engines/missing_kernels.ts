// An operation that the running engine lacks, in words that name it, the engine and the way out.
import { ENGINE_NAMES } from "../engine_setup/engine_choice.ts";
import { StepFailure } from "../error/failure.ts";
import { tf } from "../tensor/tf.ts";

let isExplained = false;

/** Makes tfjs's engine say which operation is missing where, and what helps; its own words are kept as the cause. */
export function explainMissingKernels(): void {
  if (isExplained) return;
  isExplained = true;
  const engine = tf.engine();
  const runKernel = engine.runKernel.bind(engine) as typeof engine.runKernel;
  engine.runKernel = (name, inputs, attributes) => {
    try {
      return runKernel(name, inputs, attributes);
    } catch (cause) {
      const backend = tf.getBackend();
      const isMissing = tf.getKernel(name, backend) === undefined;
      throw isMissing ? missingKernel(name, backend, cause) : cause;
    }
  };
}

function missingKernel(
  kernel: string,
  engine: string,
  cause: unknown,
): StepFailure {
  const others = ENGINE_NAMES.filter((name) => name !== engine);
  return new StepFailure(
    `Cannot run op "${kernel}" on engine "${engine}": it has no kernel of that name`,
    {
      cause,
      hint: `Use another engine, such as --engine ${
        others.join(" or --engine ")
      }, or compose the op of ones that this engine has`,
    },
  );
}
