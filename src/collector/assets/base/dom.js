// Elements are made here. Text becomes a text node, never markup, and a link leads to this site only: whatever
// a traced program has recorded can be shown, and does nothing.

const svgNames = new Set(['svg', 'path', 'rect', 'circle', 'line', 'g', 'polyline', 'text', 'title']);
const svgSpace = 'http://www.w3.org/2000/svg';

export function h(name, properties, ...children) {
  const svg = svgNames.has(name);
  const element = svg ? document.createElementNS(svgSpace, name) : document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) setProperty(element, key, value);
  append(element, children);
  return element;
}

export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

export function replace(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

function setProperty(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
  else if (key === 'class') element.setAttribute('class', value);
  else if (key === 'style') Object.assign(element.style, value);
  else if (key === 'data') Object.assign(element.dataset, value);
  else if (key === 'value') element.value = value;
  else element.setAttribute(checked(key), key === 'href' ? ownAddress(value) : value === true ? '' : value);
}

function checked(key) {
  if (!/^[a-zA-Z][\w-]*$/.test(key) || /^srcdoc$/i.test(key)) throw new Error(`not an attribute: ${key}`);
  return key;
}

function ownAddress(address) {
  if (!/^\/(?![/\\])|^#/.test(address)) throw new Error('a link leads elsewhere');
  return address;
}

// Calls at most once a frame, however often it is asked to.
export function oncePerFrame(action) {
  let asked = 0;
  const run = () => {
    asked = 0;
    action();
  };
  const ask = () => {
    asked ||= requestAnimationFrame(run);
  };
  ask.cancel = () => cancelAnimationFrame(asked);
  return ask;
}

export function afterQuiet(milliseconds, action) {
  let timer = 0;
  const ask = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), milliseconds);
  };
  ask.cancel = () => clearTimeout(timer);
  return ask;
}
