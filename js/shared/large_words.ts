/* What a large view says. */

export const LARGE_ENGLISH = {
  large: "Large picture: arrow keys go to the next one, + and − zoom, 0 fits, 1 is every pixel",
  position: "{place} of {count}",
  previousPicture: "Previous picture",
  nextPicture: "Next picture",
  backToAll: "Back to all",
  enlarge: "Zoom in",
  reduce: "Zoom out",
  fitView: "Fit",
  everyPixel: "1 : 1",
  percent: "{percent} %",
  copyLoading: "Loading the picture…",
  copyWaits:
    "The notebook is busy: the picture comes as soon as it is free. Until then its small copy is here.",
  copyWaitsBlank: "The notebook is busy: the picture comes as soon as it is free.",
  pixelsWait: "The notebook is busy: until it is free, the picture has the pixels of its copy.",
  copyLost: "The kernel is gone: of this picture only the small copy is here.",
  copyLostBlank: "The kernel is gone, and this picture was not loaded before.",
};

export type LargeWords = typeof LARGE_ENGLISH;

export const LARGE_CHINESE: LargeWords = {
  large: "大图：方向键切换图片，+ 和 − 缩放，0 适合窗口，1 显示每个像素",
  position: "第 {place} 张，共 {count} 张",
  previousPicture: "上一张",
  nextPicture: "下一张",
  backToAll: "返回全部",
  enlarge: "放大",
  reduce: "缩小",
  fitView: "适合窗口",
  everyPixel: "1 : 1",
  percent: "{percent} %",
  copyLoading: "正在载入图片…",
  copyWaits: "笔记本正忙：空闲后图片即到，此前显示小图。",
  copyWaitsBlank: "笔记本正忙：空闲后图片即到。",
  pixelsWait: "笔记本正忙：空闲之前只有副本的像素。",
  copyLost: "内核已不在：这张图片只剩小图。",
  copyLostBlank: "内核已不在，这张图片此前没有载入。",
};
