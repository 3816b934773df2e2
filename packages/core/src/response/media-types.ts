/**
 * The `Content-Type` of a file by the extension of its path, in any case; texts are taken for UTF-8.
 * `application/octet-stream` where the extension is unknown, so that no browser guesses.
 */
export function contentTypeOf(path: string): string {
  const extension = EXTENSION.exec(path)?.[1]?.toLowerCase() ?? ''
  const type = TYPES.get(extension) ?? 'application/octet-stream'
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type
}

// A name that begins with a dot has no extension by it.
const EXTENSION = /[^/\\]\.([^./\\]+)$/

// What browsers load, and what people download; the names are those of IANA's registry.
const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'application/atom+xml': 'atom',
    'application/epub+zip': 'epub',
    'application/gzip': 'gz tgz',
    'application/json': 'json map',
    'application/ld+json': 'jsonld',
    'application/manifest+json': 'webmanifest',
    'application/msword': 'doc',
    'application/pdf': 'pdf',
    'application/rss+xml': 'rss',
    'application/rtf': 'rtf',
    'application/vnd.ms-excel': 'xls',
    'application/vnd.ms-powerpoint': 'ppt',
    'application/vnd.oasis.opendocument.spreadsheet': 'ods',
    'application/vnd.oasis.opendocument.text': 'odt',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
    'application/wasm': 'wasm',
    'application/xhtml+xml': 'xhtml',
    'application/xml': 'xml xsl',
    'application/zip': 'zip',
    'application/zstd': 'zst',
    'audio/aac': 'aac',
    'audio/flac': 'flac',
    'audio/mp4': 'm4a',
    'audio/mpeg': 'mp3',
    'audio/ogg': 'ogg oga opus',
    'audio/wav': 'wav',
    'audio/webm': 'weba',
    'font/otf': 'otf',
    'font/ttf': 'ttf',
    'font/woff': 'woff',
    'font/woff2': 'woff2',
    'image/apng': 'apng',
    'image/avif': 'avif',
    'image/bmp': 'bmp',
    'image/gif': 'gif',
    'image/heic': 'heic',
    'image/jpeg': 'jpg jpeg',
    'image/jxl': 'jxl',
    'image/png': 'png',
    'image/svg+xml': 'svg',
    'image/tiff': 'tif tiff',
    'image/vnd.microsoft.icon': 'ico',
    'image/webp': 'webp',
    'text/calendar': 'ics',
    'text/css': 'css',
    'text/csv': 'csv',
    'text/html': 'html htm',
    'text/javascript': 'js mjs',
    'text/markdown': 'md markdown',
    'text/plain': 'txt text log',
    'text/tab-separated-values': 'tsv',
    'text/vtt': 'vtt',
    'video/mp4': 'mp4 m4v',
    'video/mpeg': 'mpg mpeg',
    'video/ogg': 'ogv',
    'video/quicktime': 'mov',
    'video/webm': 'webm',
  }).flatMap(([type, extensions]) => extensions.split(' ').map((extension) => [extension, type] as const)),
)
