#pragma once
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

// libpng reports errors by longjmp, which Swift cannot receive: these two functions keep the jump in C and return a
// message instead, or null when all went well.

typedef struct {
  char message[128];
} voken_png_error;

static inline void voken_png_fail(png_structp png, png_const_charp message) {
  voken_png_error *error = (voken_png_error *)png_get_error_ptr(png);
  strncpy(error->message, message, sizeof error->message - 1);
  longjmp(png_jmpbuf(png), 1);
}

static inline void voken_png_ignore(png_structp png, png_const_charp message) {}

// 8-bit RGB, rows × columns × 3, with one text chunk: Latin-1 (tEXt), or UTF-8 (iTXt) if asked.
static inline const char *voken_png_write(FILE *file, voken_png_error *error, unsigned width, unsigned height,
                                          const unsigned char *pixels, const char *key, const char *text, int utf8) {
  memset(error, 0, sizeof *error);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, error, voken_png_fail, voken_png_ignore);
  if (!png) return "out of memory";
  png_infop info = png_create_info_struct(png);
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return error->message[0] ? error->message : "out of memory";
  }
  png_init_io(png, file);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_text chunk;
  memset(&chunk, 0, sizeof chunk);
  chunk.compression = utf8 ? PNG_ITXT_COMPRESSION_NONE : PNG_TEXT_COMPRESSION_NONE;
  chunk.key = (png_charp)key;
  chunk.text = (png_charp)text;
  if (text) png_set_text(png, info, &chunk, 1);
  png_write_info(png, info);
  for (unsigned y = 0; y < height; y++) png_write_row(png, pixels + (size_t)y * width * 3);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return NULL;
}

// Reads a whole file, so that its end is known to be there, skips the pixels, and hands each text chunk to `visit`,
// which gets UTF-8 if `utf8`, else Latin-1.
static inline const char *voken_png_read_text(FILE *file, voken_png_error *error, unsigned *width, unsigned *height,
                                              void *context,
                                              void (*visit)(void *context, const char *key, const char *text,
                                                            int utf8)) {
  memset(error, 0, sizeof *error);
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, error, voken_png_fail, voken_png_ignore);
  if (!png) return "out of memory";
  png_infop info = png_create_info_struct(png);
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return error->message[0] ? error->message : "out of memory";
  }
  png_init_io(png, file);
  png_read_info(png, info);
  *width = png_get_image_width(png, info);
  *height = png_get_image_height(png, info);
  int passes = png_set_interlace_handling(png);
  for (int pass = 0; pass < passes; pass++)
    for (unsigned y = 0; y < *height; y++) png_read_row(png, NULL, NULL);
  png_read_end(png, info);
  png_textp chunks = NULL;
  int count = png_get_text(png, info, &chunks, NULL);
  for (int i = 0; i < count; i++)
    if (chunks[i].text) visit(context, chunks[i].key, chunks[i].text, chunks[i].compression > 0);
  png_destroy_read_struct(&png, &info, NULL);
  return NULL;
}
