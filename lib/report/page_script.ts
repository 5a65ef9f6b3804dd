// What a page does by itself: sliders choose a moment, and paper shows what is folded away. Without it the page still reads well.

/** The script. It uses what it finds, so that the live page may replace parts at any time. */
export const PAGE_SCRIPT = `
addEventListener("input",(event)=>{
  const slider=event.target;
  if(!(slider instanceof HTMLInputElement)||slider.type!=="range")return;
  const images=[...slider.parentElement.querySelectorAll("img")];
  images.forEach((image,at)=>{image.hidden=at!==Number(slider.value)});
  const label=images[Number(slider.value)].dataset.label;
  slider.parentElement.querySelector("output").textContent=label;
  slider.setAttribute("aria-valuetext",label);
});
addEventListener("beforeprint",()=>{
  for(const part of document.querySelectorAll("details:not([open])")){part.dataset.folded="";part.open=true}
});
addEventListener("afterprint",()=>{
  for(const part of document.querySelectorAll("details[data-folded]")){delete part.dataset.folded;part.open=false}
});
`;
