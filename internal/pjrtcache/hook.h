#include "pjrt_c_api.h" // OpenXLA's, unchanged, of the go-xla that go.mod names

// Loads a plugin. Without one it is NULL, and error says why.
const PJRT_Api *plugin_load(const char *path, const char **error);

// Copies a plugin's table of functions, with PJRT_Client_Compile replaced by kept_compile.
const PJRT_Api *plugin_hook(const PJRT_Api *);

// The plugin's own functions.
PJRT_Error *plugin_compile(const PJRT_Api *, PJRT_Client_Compile_Args *);
PJRT_Error *plugin_deserialize(const PJRT_Api *, PJRT_Client_Compile_Args *, const void *bytes, size_t size);
PJRT_Error *plugin_serialize(const PJRT_Api *, PJRT_LoadedExecutable *, PJRT_Executable_Serialize_Args *);
void plugin_forget(const PJRT_Api *, PJRT_Error *);
void plugin_free(PJRT_Executable_Serialize_Args *);
