import assert from "node:assert/strict";
import { readLines } from "../../lib/disk/append_log.ts";
import { readRunStatus } from "../../lib/store/run_status.ts";
import { writeStepEvents } from "../../lib/report/step_events.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { testWith } from "../support/outside_program.ts";
import { recordRun } from "./recorded_run.ts";

const TENSORBOARD = {
  name: "TensorBoard",
  how: "pip install tensorboard",
  probe: ["python3", "-c", "import tensorboard"],
} as const;

/** Reads a folder as TensorBoard does, every record with its checksums. */
const READER = `
import json, sys
from tensorboard.backend.event_processing import event_accumulator as ea
acc = ea.EventAccumulator(sys.argv[1], size_guidance={ea.SCALARS: 0, ea.IMAGES: 0, ea.TENSORS: 0}).Reload()
tags = acc.Tags()
print(json.dumps({
  "scalars": {tag: [[e.step, e.value, e.wall_time] for e in acc.Scalars(tag)] for tag in tags["scalars"]},
  "images": {tag: [[e.step, e.width, e.height, e.encoded_image_string[:4].hex()] for e in acc.Images(tag)] for tag in tags["images"]},
  "texts": {tag: [e.tensor_proto.string_val[0].decode() for e in acc.Tensors(tag)] for tag in tags["tensors"]},
}))`;

async function readAsTensorBoard(
  folder: string,
): Promise<Record<string, Record<string, unknown[][]>>> {
  const { success, stdout, stderr } = await new Deno.Command("python3", {
    args: ["-c", READER, folder],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

testWith(
  TENSORBOARD,
  "TensorBoard reads each row of a step once, before and after a resume, its pictures and its configuration",
  async () => {
    await withTemporaryFolder(async (runs) => {
      const run = await recordRun(runs, { text: "äöü <b>" });
      const { folder } = (await readRunStatus(runs, run))!.steps[0]!;
      const rows = (await readLines(`${folder}/metrics.jsonl`)).map((line) =>
        JSON.parse(line)
      );
      const { result } = JSON.parse(
        await Deno.readTextFile(`${folder}/complete.json`),
      );
      // A process that was killed: its last rows were cut when the next one went on.
      const whole = await Deno.readTextFile(`${folder}/metrics.jsonl`);
      const cut = whole.split("\n").slice(0, 40).join("\n");
      await Deno.writeTextFile(`${folder}/metrics.jsonl`, `${cut}\n`);
      const first = await writeStepEvents(folder, result);
      await Deno.writeTextFile(`${folder}/metrics.jsonl`, whole);
      const second = await writeStepEvents(folder, result);
      assert.notEqual(first, second);

      const { scalars, images, texts } = await readAsTensorBoard(
        `${folder}/tensorboard`,
      );
      const loss = scalars!["train/loss"]!;
      assert.deepEqual(
        loss.map(([step]) => step),
        rows.map((row) => row.global_step),
      );
      for (const [at, [, value]] of loss.entries()) {
        assert.ok(Math.abs(Number(value) - rows[at].metrics.loss) < 1e-6);
      }
      assert.equal(loss[1]![2], Date.parse("2026-01-01T00:00:01Z") / 1000);
      assert.equal(scalars!["learning_rate/vae"]!.length, rows.length);
      assert.deepEqual(scalars!["result/loss"]!.map(([step]) => step), [60]);
      assert.deepEqual(images!["pictures/reconstructions"], [
        [20, 1, 1, "89504e47"],
        [40, 1, 1, "89504e47"],
        [60, 1, 1, "89504e47"],
      ]);
      assert.match(String(texts!["configuration"]), /"description": "äöü <b>"/);
    });
  },
);
