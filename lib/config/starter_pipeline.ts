// The pipeline that `init` writes: small, whole, and explained line by line.

/** What differs from place to place. */
export interface StarterOptions {
  /** Name of the run. */
  readonly name: string;
  /** The schema, relative to the file. */
  readonly schema: string;
  /** The task that draws the icons, relative to the file. */
  readonly task: string;
  /** The file as a command names it. */
  readonly file: string;
}

/** The text of the file. */
export function starterPipeline(options: StarterOptions): string {
  const { name, schema, task, file } = options;
  return `\
# yaml-language-server: $schema=${schema}
# Trains a VAE on small icons, then measures it on icons that it has never seen. About a minute on 2 cores.
#
#   deno task plan ${file}      what would run, and why
#   deno task train ${file}     run it, or go on where it stopped
#
# The name of the run, and the seed of every random number: the same file and seed give the same weights.
name: ${JSON.stringify(name)}
seed: 1

# How large the networks are.
model:
  vae_dim: 16
  latent_dim: 8
  downscales: 2

output:
  # Metrics every so many batches, and a checkpoint to go on from every so many.
  log_interval: 10
  checkpoint_save_interval: 25

training:
  pipeline:
    datasets:
      # The first step makes these pictures. For your own, leave \`from\` and that step out and name a folder of PNG or
      # JPEG files with a text file beside it: per line a file name, a tab and a caption.
      icons:
        from: draw
        image_folder: train
        captions_file: train.tsv
      unseen:
        from: draw
        image_folder: heldout
        captions_file: heldout.tsv
    default_dataset: icons

    # What every step takes where it says nothing else.
    defaults:
      batch_size: 8

    # A step waits for the one before it, or for those that \`needs\` names. Finished steps are never run twice.
    steps:
      - name: draw
        description: Draw the icons; a task of your own is a TypeScript file like this one
        task: script
        uses: ${JSON.stringify(task)}
        with:
          size: 32
          limit: 200
          heldout: 40

      - name: vae
        description: Pictures to latents and back
        train_vae: true
        n_epochs: 2
        eval_dataset: unseen
        optimization:
          optimizers:
            vae:
              type: AdamW
              lr: 0.002
          schedulers:
            vae:
              type: CosineAnnealingLR
              eta_min_factor: 0.1
              warmup_steps: 5

      - name: score
        description: How well unseen icons come back
        task: evaluate
        of: vae
        dataset: unseen
`;
}
