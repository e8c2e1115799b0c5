/* The viewer's files, as they are in third_party/swagger-ui. */
#ifdef __CET__
#include <cet.h> /* no code here: the note says that it is no obstacle */
#endif
	.section .rodata

	.globl swagger_ui_css, swagger_ui_css_end
swagger_ui_css:
	.incbin "swagger-ui.css"
swagger_ui_css_end:
	.byte 0

	.globl swagger_ui_bundle, swagger_ui_bundle_end
swagger_ui_bundle:
	.incbin "swagger-ui-bundle.js"
swagger_ui_bundle_end:
	.byte 0

	.section .note.GNU-stack,"",%progbits
