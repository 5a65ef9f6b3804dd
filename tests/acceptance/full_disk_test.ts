// A disk that runs full while a step saves: the run says so and ends with 4; with space again it ends with the same bytes.
import assert from "node:assert/strict";
import { type OutsideProgram, testWith } from "../support/outside_program.ts";
import { digestsOf, SmallProject, vaeStep } from "./small_project.ts";

const TMPFS: OutsideProgram = {
  name: "a file system of its own",
  how: "run as root where tmpfs may be mounted",
  probe: [
    "sh",
    "-c",
    'd=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d" && umount "$d" && rmdir "$d"',
  ],
};

const STEPS = [
  vaeStep("small", "dataset: heldout"),
  vaeStep("vae", "init_from: {}, batch_size: 2"),
];
/** Kilobytes that the runs may take: the first step fits, the second runs into the wall at one place or another. */
const SIZES = [1500, 1800, 2200];

testWith(
  TMPFS,
  "a full disk ends the run with 4 and a remedy, and loses nothing",
  async () => {
    await using calm = await SmallProject.open(...STEPS);
    assert.equal((await calm.train()).code, 0);
    const wanted = await digestsOf(calm.stepFolder("vae"));
    await using project = await SmallProject.open(...STEPS);
    for (const size of SIZES) {
      await using disk = await SmallDisk.mount(project.path("runs"), size);
      // The forecast is for checkpoints that nothing shares: here the disk itself has the word.
      const { code, out, err } = await project.train("--ignore-free-space");
      const place = `${size} kB: ${out}${err}`;
      assert.equal(code, 4, place);
      assert.match(
        err,
        /^error: No space left on the disk for step "(small|vae)": /,
      );
      assert.match(
        err,
        /\nhint: Free some space and run the same command again; finished work is kept\n/,
      );
      assert.doesNotMatch(out + err, /\n {4}at /);
      await disk.grow();
      const again = await project.train();
      assert.deepEqual([again.code, again.err], [0, ""], place);
      assert.deepEqual(await digestsOf(project.stepFolder("vae")), wanted);
    }
  },
);

/** A tmpfs of a bounded size; unmounted when disposed. */
class SmallDisk implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  static async mount(folder: string, kilobytes: number): Promise<SmallDisk> {
    await Deno.mkdir(folder, { recursive: true });
    await command(
      "mount",
      ...["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder],
    );
    return new SmallDisk(folder);
  }

  /** Makes room, as a user who removes other files does. */
  async grow(): Promise<void> {
    await command("mount", "-o", "remount,size=64m", this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await command("umount", this.folder);
  }
}

async function command(name: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(name, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
