//go:build cgo && linux && !noxla

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"
#include "hook.h"

const PJRT_Api *plugin_load(const char *path, const char **error) {
	void *plugin = dlopen(path, RTLD_NOW);
	const PJRT_Api *(*get)(void) = plugin == NULL ? NULL : (const PJRT_Api *(*)(void))dlsym(plugin, "GetPjrtApi");
	if (get == NULL) {
		*error = dlerror();
		return NULL;
	}
	return get();
}

/* A plugin that is newer than the header has more functions, which are copied, too. */
const PJRT_Api *plugin_hook(const PJRT_Api *api) {
	PJRT_Api *hooked = malloc(api->struct_size);
	if (hooked == NULL)
		return NULL;
	memcpy(hooked, api, api->struct_size);
	hooked->PJRT_Client_Compile = (PJRT_Client_Compile *)kept_compile;
	return hooked;
}

PJRT_Error *plugin_compile(const PJRT_Api *api, PJRT_Client_Compile_Args *args) {
	return api->PJRT_Client_Compile(args);
}

PJRT_Error *plugin_deserialize(const PJRT_Api *api, PJRT_Client_Compile_Args *args, const void *bytes, size_t size) {
	PJRT_Executable_DeserializeAndLoad_Args load = {
		.struct_size = PJRT_Executable_DeserializeAndLoad_Args_STRUCT_SIZE,
		.client = args->client,
		.serialized_executable = bytes,
		.serialized_executable_size = size,
	};
	PJRT_Error *error = api->PJRT_Executable_DeserializeAndLoad(&load);
	args->executable = load.loaded_executable;
	return error;
}

PJRT_Error *plugin_serialize(const PJRT_Api *api, PJRT_LoadedExecutable *loaded, PJRT_Executable_Serialize_Args *out) {
	PJRT_LoadedExecutable_GetExecutable_Args get = {
		.struct_size = PJRT_LoadedExecutable_GetExecutable_Args_STRUCT_SIZE,
		.loaded_executable = loaded,
	};
	PJRT_Error *error = api->PJRT_LoadedExecutable_GetExecutable(&get);
	if (error != NULL)
		return error;
	*out = (PJRT_Executable_Serialize_Args){
		.struct_size = PJRT_Executable_Serialize_Args_STRUCT_SIZE,
		.executable = get.executable,
	};
	error = api->PJRT_Executable_Serialize(out);
	PJRT_Executable_Destroy_Args destroy = {
		.struct_size = PJRT_Executable_Destroy_Args_STRUCT_SIZE,
		.executable = get.executable,
	};
	plugin_forget(api, api->PJRT_Executable_Destroy(&destroy));
	return error;
}

void plugin_free(PJRT_Executable_Serialize_Args *serialized) {
	serialized->serialized_executable_deleter(serialized->serialized_executable);
}

void plugin_forget(const PJRT_Api *api, PJRT_Error *error) {
	PJRT_Error_Destroy_Args destroy = {
		.struct_size = PJRT_Error_Destroy_Args_STRUCT_SIZE,
		.error = error,
	};
	if (error != NULL)
		api->PJRT_Error_Destroy(&destroy);
}
