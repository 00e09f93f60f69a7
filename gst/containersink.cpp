#include "elements.h"
static gboolean containersink_element_init(GstPlugin *plugin) { return TRUE; }
GST_ELEMENT_REGISTER_DEFINE_CUSTOM(containersink, containersink_element_init)
