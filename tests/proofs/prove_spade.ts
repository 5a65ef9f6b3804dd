// deno task prove:spade: the VAE of pipelines/spade.yaml has learned. Reads the run and fails above half of the mean image's error.
import { Failure } from "../../lib/error/failure.ts";
import { comparisonOf, finishedRun } from "./finished_run.ts";

const HIGHEST_RATIO = 0.5;
const LARGEST_LATENT_SHARE = 0.25;

async function prove(runsDir: string, run: string): Promise<number> {
  const comparison = comparisonOf(await finishedRun(runsDir, run));
  const { baseline, latent, arms } = comparison;
  const share = latent.numbers / latent.image_numbers;
  console.log(`run:            ${run}, ${comparison.count} held-out pictures`);
  console.log(`mean-image L1:  ${baseline.recon_l1.toFixed(4)}`);
  for (const arm of arms) {
    console.log(
      `${arm.step}: L1 ${arm.means.recon_l1.toFixed(4)}, ratio ${
        arm.ratio.toFixed(3)
      } (at most ${HIGHEST_RATIO})`,
    );
  }
  console.log(
    `latent:         ${latent.numbers} numbers of ${latent.image_numbers}, ${
      share.toFixed(3)
    } (at most ${LARGEST_LATENT_SHARE})`,
  );
  console.log(`verdict:        ${comparison.verdict.sentence}`);
  const isProved = share <= LARGEST_LATENT_SHARE &&
    arms.every((arm) => arm.ratio <= HIGHEST_RATIO);
  console.log(isProved ? "proved" : "NOT proved");
  return isProved ? 0 : 1;
}

try {
  const [runsDir = "runs", run = "spade"] = Deno.args;
  Deno.exitCode = await prove(runsDir, run);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`error: ${error.message}\n${error.hint ?? ""}`);
  Deno.exitCode = error.exitCode;
}
