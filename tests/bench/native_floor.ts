// TensorFlow's own time for the smallest op through its C API, without tfjs and without our binding's bookkeeping.
// Arguments: the library's path, the count of threads. Prints nanoseconds per op, one JSON line per line of input.
import { startContext } from "../../lib/engines/tensorflow/context.ts";
import { openLibrary } from "../../lib/engines/tensorflow/library.ts";
import { cText } from "../../lib/engines/tensorflow/native_text.ts";
import { TensorTable } from "../../lib/engines/tensorflow/tensor_table.ts";
import { TENSOR_TYPE } from "../../lib/engines/tensorflow/tensor_type.ts";
import { jsonLines } from "./json_lines.ts";
import type { Request } from "./worker_link.ts";

const [path, threads] = Deno.args as [string, string];
const begun = performance.now();
const context = startContext(openLibrary(path), {
  threads: Number(threads),
  device: "cpu",
});
const { calls } = context.library;
const { address: status } = context.status;
const tensors = new TensorTable(context);
const values = Float32Array.of(1, 1, 1, 1);
const one = tensors.handle(tensors.create([4], TENSOR_TYPE.float32, values));
const name = cText("AddV2");
const type = cText("T");
const op = calls.TFE_NewOp(context.address, name, status);
const results = new BigUint64Array(1);
const count = Int32Array.of(1);
console.log(JSON.stringify({
  name: "TensorFlow's C API",
  threads: Number(threads),
  startMs: performance.now() - begun,
}));

for await (const line of jsonLines(Deno.stdin.readable)) {
  const request = line as Request;
  if (request.ask !== "op") throw new TypeError(request.ask);
  const begun = performance.now();
  for (let k = 0; k < request.count; k++) add();
  console.log(JSON.stringify({ ms: performance.now() - begun }));
}

function add(): void {
  calls.TFE_OpReset(op, name, null, status);
  calls.TFE_OpSetAttrType(op, type, TENSOR_TYPE.float32);
  calls.TFE_OpAddInput(op, one, status);
  calls.TFE_OpAddInput(op, one, status);
  calls.TFE_Execute(op, results, count, status);
  calls.TFE_DeleteTensorHandle(results[0]!);
}
