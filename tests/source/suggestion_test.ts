import assert from "node:assert/strict";
import { didYouMean, nearestName } from "../../lib/source/suggestion.ts";

Deno.test("nearestName() finds slips of the hand and refuses far guesses", () => {
  const known = ["train", "n_epochs", "batch_size", "kl_beta", "lr"];
  const found = [
    "trian",
    "nEpochs",
    "batchsize",
    "kl-beta",
    "kl_bata",
    "l",
    "optimizer",
    "",
  ].map((name) => nearestName(name, known));
  assert.deepEqual(found, [
    "train",
    "n_epochs",
    "batch_size",
    "kl_beta",
    "kl_beta",
    "lr",
    undefined,
    undefined,
  ]);
  assert.equal(nearestName("b", ["a"]), undefined);
  assert.equal(didYouMean("trian", known), ', did you mean "train"?');
  assert.equal(didYouMean("zzz", known), "");
});
