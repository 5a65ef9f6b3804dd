// Opens a dataset and a tokenizer, for a test of what that needs.
import { openPictures } from "./open_pictures.ts";
import { buildWordTokenizer, loadTokenizer } from "../../lib/data/tokenizer.ts";

const folder = await openPictures({
  ...JSON.parse(Deno.args[0]!),
  imageSize: 8,
});
for (let index = 0; index < folder.size; index++) await folder.pixels(index);
const tokenizer = loadTokenizer(buildWordTokenizer(["one red square"], 9));
const text = `${folder.size} pictures, ${tokenizer.vocabSize} tokens`;
await Deno.stdout.write(new TextEncoder().encode(text));
