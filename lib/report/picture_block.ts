// The pictures of a step: each strip as one figure, with a slider where there are several moments.
import { Buffer } from "node:buffer";
import { type Markup, markup } from "./markup.ts";
import { chosenFrames, type PageBudget } from "./page_budget.ts";
import type { Frame, Strip } from "./picture_strips.ts";
import type { StepFacts } from "./step_facts.ts";

/** Address of a picture: its bytes, or where a server has it; null leaves it out. */
export type PictureSource = (
  step: StepFacts,
  frame: Frame,
) => Promise<string | null>;

/** The picture's bytes as an address, so that the page is one file; null where the file is gone. */
export async function embeddedPicture(
  _step: StepFacts,
  { path }: Frame,
): Promise<string | null> {
  try {
    return `data:image/png;base64,${
      Buffer.from(await Deno.readFile(path)).toString("base64")
    }`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** All strips of the step. */
export async function pictureBlock(
  step: StepFacts,
  { budget, pictures }: {
    readonly budget: PageBudget;
    readonly pictures: PictureSource;
  },
): Promise<Markup | null> {
  if (step.strips.length === 0) return null;
  let bytesLeft = budget.pictureBytes;
  const figures: Markup[] = [];
  const leftOut: string[] = [];
  for (const [at, strip] of step.strips.entries()) {
    const frames = chosenFrames(strip, bytesLeft / (step.strips.length - at));
    bytesLeft -= frames.reduce((sum, frame) => sum + frame.bytes, 0);
    if (frames.length === 0) leftOut.push(strip.title);
    else figures.push(await stripFigure(step, strip, frames, pictures));
  }
  return markup`<div class="pictures">${figures}</div>${
    leftOut.length === 0
      ? null
      : markup`<p class="note">Left out for the size of the page: ${
        leftOut.join(", ")
      }.</p>`
  }`;
}

async function stripFigure(
  step: StepFacts,
  strip: Strip,
  frames: readonly Frame[],
  pictures: PictureSource,
): Promise<Markup> {
  const images: Markup[] = [];
  for (const [at, frame] of frames.entries()) {
    const source = await pictures(step, frame);
    if (source === null) continue;
    const isLast = at === frames.length - 1;
    images.push(
      markup`<img src="${source}" alt="${
        altText(
          step,
          strip,
          frame,
        )
      }" data-label="${momentOf(frame)}" ${loadingOf(source)}
          ${
        isLast ? null : markup`
            hidden
          `
      }>`,
    );
  }
  const last = frames.at(-1)!;
  const fewer = frames.length < strip.frames.length
    ? ` (${frames.length} of ${strip.frames.length} moments)`
    : "";
  return markup`<figure class="strip"><figcaption><b>${strip.title}</b> <output>${
    momentOf(
      last,
    )
  }</output>${fewer}</figcaption>${
    images.length < 2
      ? null
      : markup`<input type="range" min="0" max="${
        images.length -
        1
      }" value="${
        images.length - 1
      }" aria-label="${`Moment of ${strip.title}, step ${step.name}`}" aria-valuetext="${
        momentOf(
          last,
        )
      }">`
  }${images}</figure>`;
}

/** What is in the page is there on paper too, where nobody has scrolled to it; what a server has is fetched when it is seen. */
function loadingOf(source: string): Markup {
  return source.startsWith("data:")
    ? markup`decoding="async"`
    : markup`loading="lazy"`;
}

function momentOf({ update }: Frame): string {
  return update === null ? "" : `update ${update}`;
}

function altText(step: StepFacts, strip: Strip, frame: Frame): string {
  const moment = frame.update === null ? "" : ` after update ${frame.update}`;
  const meaning = strip.title === "reconstructions"
    ? ": rows of originals, and of what the step makes of them"
    : "";
  return `Pictures of step ${step.name}, ${strip.title}${moment}${meaning}`;
}
