// @ts-check
/**
 * A picture of the page: taken of this tab, marked, and covered where it shows what nobody else should see. Marks are
 * burnt in before the picture leaves the page: what is under a cover is not sent.
 *
 * @typedef {import("./types.js").Dialog} Dialog
 * @typedef {import("./types.js").Shot} Shot
 * @typedef {{ element: HTMLElement, kind: "mark" | "cover", x: number, y: number, w: number, h: number }} Box in parts of the picture, 0 to 1
 */

const WORDS = {
  mark: "Highlight",
  cover: "Cover",
  shot_help:
    "Drag over the picture. Or press a button by keyboard, move the box with the arrow keys, resize it with Shift, remove it with Delete.",
  mark_box: "Highlighted area",
  cover_box: "Covered area",
  shot_alt: "The picture that will be sent",
};
/** Longest side of the picture that is sent, in pixels. */
const MAX_SIDE = 1920;
/** What the server takes, with some air. */
const MAX_BYTES = 1_500_000;
const STEP = 0.02;

/** One frame of this tab, without the feedback button. @param {Dialog} dialog @returns {Promise<ImageBitmap>} */
export async function captureTab({ host }) {
  /** @type {any} Some of these are known to few browsers; the others ask. */
  const wanted = {
    video: { displaySurface: "browser" },
    audio: false,
    preferCurrentTab: true,
    selfBrowserSurface: "include",
  };
  const stream = await navigator.mediaDevices.getDisplayMedia(wanted);
  try {
    const video = document.createElement("video");
    video.muted = true;
    video.srcObject = stream;
    host.hidden = true;
    await video.play();
    // The first frames may still show the button, or the browser's question.
    for (let frame = 0; frame < 3; frame++) await nextFrame(video);
    return await createImageBitmap(video);
  } finally {
    host.hidden = false;
    for (const track of stream.getTracks()) track.stop();
  }
}

/** A still page has few frames: after a while the one that is there will do. @param {HTMLVideoElement} video */
function nextFrame(video) {
  return new Promise((resolve) => {
    video.requestVideoFrameCallback?.(resolve);
    setTimeout(resolve, 150);
  });
}

/** Shows the picture with its marks. @param {Dialog} dialog @param {ImageBitmap} bitmap @returns {Shot} */
export function editShot({ h, words }, bitmap) {
  const said = { ...WORDS, ...words };
  const canvas = h("canvas", {
    width: bitmap.width,
    height: bitmap.height,
    role: "img",
    ariaLabel: said.shot_alt,
  });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  const stage = h("div", { className: "stage" }, canvas);
  /** @type {Set<Box>} */
  const boxes = new Set();
  /** @type {Box["kind"]} */
  let kind = "cover";

  /** @param {Box["kind"]} name @param {string} text */
  const tool = (name, text) =>
    h("button", {
      type: "button",
      className: "small",
      ariaPressed: String(name === kind),
      onclick: (/** @type {MouseEvent} */ event) => {
        kind = name;
        tools.forEach((one) => one.ariaPressed = String(one === event.currentTarget));
        // Without a pointer there is nothing to drag: the box begins in the middle.
        if (event.detail === 0) addBox({ x: 0.4, y: 0.4, w: 0.2, h: 0.2 }).element.focus();
      },
    }, text);
  const tools = [tool("mark", said.mark), tool("cover", said.cover)];

  /** @param {{ x: number, y: number, w: number, h: number }} place @returns {Box} */
  function addBox(place) {
    const of_kind = kind;
    const element = h("button", {
      type: "button",
      className: `box ${of_kind}`,
      ariaLabel: said[`${of_kind}_box`],
    });
    /** @type {Box} */
    const box = { element, kind: of_kind, ...place };
    element.onkeydown = (/** @type {KeyboardEvent} */ event) => onKey(box, event);
    boxes.add(box);
    stage.append(element);
    put(box);
    return box;
  }

  /** @param {Box} box @param {KeyboardEvent} event */
  function onKey(box, event) {
    const { key, shiftKey } = event;
    if (key === "Delete" || key === "Backspace") {
      event.preventDefault();
      drop(box);
      tools[0].focus();
      return;
    }
    const [dx, dy] =
      { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[key] ??
        [0, 0];
    if (dx === 0 && dy === 0) return;
    event.preventDefault();
    if (shiftKey) {
      Object.assign(box, { w: within(box.w + dx, STEP, 1 - box.x), h: within(box.h + dy, STEP, 1 - box.y) });
    } else Object.assign(box, { x: within(box.x + dx, 0, 1 - box.w), y: within(box.y + dy, 0, 1 - box.h) });
    put(box);
  }

  /** @param {Box} box */
  function drop(box) {
    boxes.delete(box);
    box.element.remove();
  }

  stage.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.target !== canvas || event.button !== 0) return;
    event.preventDefault();
    const area = stage.getBoundingClientRect();
    /** @param {PointerEvent} at */
    const place = (at) => ({
      x: within((at.clientX - area.left) / area.width, 0, 1),
      y: within((at.clientY - area.top) / area.height, 0, 1),
    });
    const start = place(event);
    const box = addBox({ ...start, w: 0, h: 0 });
    stage.setPointerCapture(event.pointerId);
    /** @param {PointerEvent} move */
    const onMove = (move) => {
      const end = place(move);
      Object.assign(box, {
        x: Math.min(start.x, end.x),
        y: Math.min(start.y, end.y),
        w: Math.abs(start.x - end.x),
        h: Math.abs(start.y - end.y),
      });
      put(box);
    };
    stage.addEventListener("pointermove", onMove);
    stage.addEventListener("lostpointercapture", () => {
      stage.removeEventListener("pointermove", onMove);
      // A click is no area.
      if (box.w < 0.005 || box.h < 0.005) drop(box);
    }, { once: true });
  });

  return {
    element: h(
      "div",
      { className: "shot" },
      stage,
      h("div", { className: "row" }, ...tools),
      h("small", {}, said.shot_help),
    ),
    burn: () => burn(bitmap, [...boxes]),
  };
}

/** @param {Box} box */
function put({ element, x, y, w, h }) {
  for (const [name, value] of Object.entries({ left: x, top: y, width: w, height: h })) {
    element.style.setProperty(name, `${value * 100}%`);
  }
}

/** @param {number} value @param {number} least @param {number} most */
function within(value, least, most) {
  return Math.max(least, Math.min(most, value));
}

/** The picture as it leaves, small enough for the server. @param {ImageBitmap} bitmap @param {Box[]} boxes */
async function burn(bitmap, boxes) {
  let scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  for (;;) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    // Covers last: nothing shines through, and no rounding leaves a line of what is below.
    for (const box of boxes.sort((a, b) => Number(a.kind === "cover") - Number(b.kind === "cover"))) {
      draw(pen, box, canvas);
    }
    const blob = await encoded(canvas);
    if (blob.size <= MAX_BYTES) return { type: blob.type, data: await base64(blob) };
    scale *= 0.7;
  }
}

/** @param {CanvasRenderingContext2D} pen @param {Box} box @param {HTMLCanvasElement} canvas */
function draw(pen, { kind, x, y, w, h }, { width, height }) {
  const left = Math.floor(x * width);
  const top = Math.floor(y * height);
  const right = Math.ceil((x + w) * width);
  const bottom = Math.ceil((y + h) * height);
  if (kind === "cover") {
    pen.fillStyle = "#000";
    pen.fillRect(left, top, right - left, bottom - top);
    return;
  }
  pen.fillStyle = "rgb(255 200 0 / 0.2)";
  pen.fillRect(left, top, right - left, bottom - top);
  pen.strokeStyle = "#e0115f";
  pen.lineWidth = Math.max(2, width / 400);
  pen.strokeRect(left, top, right - left, bottom - top);
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
function encoded(canvas) {
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => blob === null ? reject(new Error("The picture can't be made")) : resolve(blob),
      "image/webp",
      0.85,
    )
  );
}

/** @param {Blob} blob @returns {Promise<string>} */
function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1]);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
