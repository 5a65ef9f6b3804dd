// An import in a process whose disk disturbs it: interrupted_import.ts SOURCE TARGET TRACE [POINT].
import { runnerDisk, testDisk } from "../../lib/disk/disk_test.ts";
import { importWeights } from "../../lib/exchange/import_weights.ts";

const [source, to, trace, at] = Deno.args;
testDisk(runnerDisk({ at: at ?? null, event: "lost_names", trace: trace! }));
const { faults } = await importWeights({
  paths: [source!],
  to: to!,
  strict: true,
});
if (faults.length > 0) throw new Error(JSON.stringify(faults));
