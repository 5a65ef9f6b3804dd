// What the live pages do by themselves: they hear that something changed, fetch the page again and replace the parts that differ. What a
// reader unfolded, or the moment that a slider was moved to, stays.

/** The script; without it the page is a picture of the moment at which it was opened. */
export const LIVE_SCRIPT = `
const main=document.getElementById("main");
const light=document.getElementById("live");
const say=(state,text)=>{light.dataset.state=state;light.textContent=text};
const sources=(strip)=>[...strip.querySelectorAll("img")].map((one)=>one.getAttribute("src")).join(" ");
function keepMoment(old,next){
  const [before,after]=[old,next].map((one)=>one.querySelector("input[type=range]"));
  if(!before||!after||before.value===before.max)return;
  const label=old.querySelectorAll("img")[Number(before.value)].dataset.label;
  const images=[...next.querySelectorAll("img")];
  const at=images.findIndex((one)=>one.dataset.label===label);
  if(at<0)return;
  images.forEach((one,place)=>{one.hidden=place!==at});
  after.value=String(at);
  next.querySelector("output").textContent=label;
}
const keyOf=(node,seen)=>{
  const name=node.nodeType===1?node.tagName+(node.id?"#"+node.id:"."+node.classList[0]):"text";
  seen[name]=(seen[name]??0)+1;
  return name+" "+seen[name];
};
function patchChildren(old,next){
  const mine=new Map(),seen={},again={};
  for(const one of old.childNodes)mine.set(keyOf(one,seen),one);
  let at=old.firstChild;
  for(const one of [...next.childNodes]){
    const key=keyOf(one,again),known=mine.get(key);
    mine.delete(key);
    if(!known){old.insertBefore(one,at);continue}
    if(known===at)at=at.nextSibling;else old.insertBefore(known,at);
    patch(known,one);
  }
  for(const one of mine.values())one.remove();
}
function patch(old,next){
  if(old.nodeType===1&&next.nodeType===1&&old.tagName===next.tagName){
    if(old.matches("details"))next.open=old.open;
    if(old.matches(".strip")){
      if(sources(old)===sources(next))return;
      keepMoment(old,next);
    }
    if(old.matches("form"))return;
    if(old.isEqualNode(next))return;
    if(!old.matches("svg,table,.strip")){
      for(const {name} of [...old.attributes])if(!next.hasAttribute(name))old.removeAttribute(name);
      for(const {name,value} of next.attributes)if(old.getAttribute(name)!==value)old.setAttribute(name,value);
      patchChildren(old,next);
      return;
    }
  }else if(old.isEqualNode(next))return;
  old.replaceWith(next);
}
let busy=false,again=false;
async function redraw(){
  if(busy){again=true;return}
  busy=true;
  try{
    const answer=await fetch(location.pathname+location.search,{cache:"no-store"});
    if(answer.ok){
      const page=new DOMParser().parseFromString(await answer.text(),"text/html");
      document.title=page.title;
      patch(main,page.getElementById("main"));
      say("live","live");
    }else say("lost","cannot be read: "+answer.status);
  }catch{say("lost","connection lost, trying again")}
  busy=false;
  if(again){again=false;redraw()}
}
const stream=new EventSource(document.body.querySelector("[data-events]").dataset.events);
stream.addEventListener("change",redraw);
stream.onerror=()=>say("lost",stream.readyState===2?"ended":"connection lost, trying again");
addEventListener("pagehide",()=>stream.close());
`;
